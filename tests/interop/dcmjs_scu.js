// An SCU on dcmjs-dimse: node dcmjs_scu.js PORT CALLED WHAT [ARGUMENT ...]. Prints the Status of each response as JSON.
'use strict';

const { Client, Dataset, requests, responses, constants } = require('dcmjs-dimse');

const [port, called, what, ...rest] = process.argv.slice(2);
const { Status, TransferSyntax } = constants;
const MPPS = '1.2.840.10008.3.1.2.3.3';
const COMMITMENT = '1.2.840.10008.1.20.1';
const COMMITMENT_INSTANCE = '1.2.840.10008.1.20.1.1';
const client = new Client();
const statuses = [];
const files = [];

function dataset(elements) {
  return new Dataset(elements, TransferSyntax.ImplicitVRLittleEndian);
}

function studies() {
  return requests.CFindRequest.createStudyFindRequest({ StudyInstanceUID: '', PatientName: '' });
}

// Cancels a request when it has had so many responses.
function cancelled(request, after) {
  let count = 0;
  request.on('response', () => {
    count += 1;
    if (count === Number(after)) {
      client.cancel(request);
    }
  });
  return request;
}

function create(instance) {
  const request = new requests.NCreateRequest(MPPS, instance);
  request.setDataset(dataset({ PerformedProcedureStepStatus: 'IN PROGRESS', Modality: 'OT' }));
  return request;
}

function set(instance) {
  const request = new requests.NSetRequest(MPPS, instance);
  request.setDataset(dataset({ PerformedProcedureStepStatus: 'COMPLETED' }));
  return request;
}

function action(transaction, sopClass, sopInstance) {
  const request = new requests.NActionRequest(COMMITMENT, COMMITMENT_INSTANCE, 1);
  const reference = { ReferencedSOPClassUID: sopClass, ReferencedSOPInstanceUID: sopInstance };
  request.setDataset(dataset({ TransactionUID: transaction, ReferencedSOPSequence: [reference] }));
  return request;
}

function get(study) {
  const request = requests.CGetRequest.createStudyGetRequest(study);
  request.setAddStorageSopClassesToAssociation(true);
  return request;
}

const asked = {
  echo: () => [new requests.CEchoRequest()],
  store: () => rest.map((file) => new requests.CStoreRequest(file)),
  find: () => [studies()],
  find_cancel: () => [cancelled(studies(), rest[0])],
  move: () => [requests.CMoveRequest.createStudyMoveRequest(rest[0], rest[1])],
  move_cancel: () => [cancelled(requests.CMoveRequest.createStudyMoveRequest(rest[0], rest[1]), rest[2])],
  get: () => [get(rest[0])],
  mpps: () => [create(rest[0]), set(rest[0])],
  mpps_set: () => [set(rest[0])],
  commit: () => [action(...rest)],
}[what]();

client.on('cStoreRequest', (request, callback) => {
  files.push(request.getAffectedSopInstanceUid());
  const response = responses.CStoreResponse.fromRequest(request);
  response.setStatus(Status.Success);
  callback(response);
});
client.on('networkError', (error) => {
  console.error(error);
  process.exitCode = 1;
});
client.on('closed', () => console.log(JSON.stringify({ statuses, files })));
asked.forEach((request) => {
  request.on('response', (response) => statuses.push(response.getStatus()));
  client.addRequest(request);
});
client.send('127.0.0.1', Number(port), 'DCMJS', called, { associationTimeout: 60000, pduTimeout: 60000 });
