// An SCP on dcmjs-dimse: node dcmjs_scp.js PORT [TITLE=PORT ...] [FILE ...]. It has the instances of the files, moves
// them to AEs whose ports are given, and reports every commitment it is asked for to the AE that asked.
'use strict';

const { Client, Dataset, Scp, Server, requests, responses, constants } = require('dcmjs-dimse');

const [port, ...rest] = process.argv.slice(2);
const { PresentationContextResult, Status, TransferSyntax } = constants;
const IMPLICIT = TransferSyntax.ImplicitVRLittleEndian;
const ports = Object.fromEntries(rest.filter((each) => each.includes('=')).map((each) => each.split('=')));
const files = rest.filter((each) => !each.includes('='));
const TIMEOUTS = { associationTimeout: 60000, pduTimeout: 60000 };

// The response to a request, with a Status.
function answer(kind, request, status) {
  const response = kind.fromRequest(request);
  response.setStatus(status);
  return response;
}

// A response with numbers of sub-operations, all of them completed so far.
function progress(kind, request, status, remaining, completed) {
  const response = answer(kind, request, status);
  if (status === Status.Pending) {
    response.setRemaining(remaining);
  }
  response.setCompleted(completed);
  response.setFailures(0);
  response.setWarnings(0);
  return response;
}

// Sends requests over an association of its own.
function send(title, all, done) {
  const client = new Client();
  all.forEach((request) => client.addRequest(request));
  client.on('networkError', (error) => console.error(error));
  client.on('closed', () => done && done());
  client.send('127.0.0.1', Number(ports[title]), 'DCMJS', title, TIMEOUTS);
}

class Archive extends Scp {
  associationRequested(association) {
    this.association = association;
    association.getPresentationContexts().forEach(({ id }) => {
      association.getPresentationContext(id).setResult(PresentationContextResult.Accept, IMPLICIT);
    });
    this.sendAssociationAccept();
  }

  cEchoRequest(request, callback) {
    callback(answer(responses.CEchoResponse, request, Status.Success));
  }

  cStoreRequest(request, callback) {
    callback(answer(responses.CStoreResponse, request, Status.Success));
  }

  // Two matches, then the end; a study called WAIT is found again and again until the C-FIND is cancelled.
  cFindRequest(request, callback) {
    const pending = (study) => {
      const response = answer(responses.CFindResponse, request, Status.Pending);
      response.setDataset(new Dataset({ QueryRetrieveLevel: 'STUDY', StudyInstanceUID: study }, IMPLICIT));
      return response;
    };
    if (request.getDataset().getElement('StudyID') === 'WAIT') {
      this.finding = { request, callback };
      this.sendResponse(request, pending('1.2.3'));
    } else {
      callback([pending('1.2.3'), pending('1.2.4'), answer(responses.CFindResponse, request, Status.Success)]);
    }
  }

  cCancelRequest() {
    const { request, callback } = this.finding;
    callback([answer(responses.CFindResponse, request, Status.Cancel)]);
  }

  cMoveRequest(request, callback) {
    const destination = request.getCommandDataset().getElement('MoveDestination');
    const stores = files.map((file) => {
      const store = new requests.CStoreRequest(file);
      store.getCommandDataset().setElement('MoveOriginatorApplicationEntityTitle', this.association.getCallingAeTitle());
      store.getCommandDataset().setElement('MoveOriginatorMessageID', request.getMessageId());
      return store;
    });
    stores.forEach((store, index) => {
      store.on('done', () => {
        const remaining = stores.length - index - 1;
        this.sendResponse(request, progress(responses.CMoveResponse, request, Status.Pending, remaining, index + 1));
      });
    });
    send(destination, stores, () => {
      const last = progress(responses.CMoveResponse, request, Status.Success, 0, stores.length);
      callback([last]);
    });
  }

  cGetRequest(request, callback) {
    const stores = files.map((file) => new requests.CStoreRequest(file));
    stores.forEach((store, index) => {
      store.on('done', () => {
        const remaining = stores.length - index - 1;
        this.sendResponse(request, progress(responses.CGetResponse, request, Status.Pending, remaining, index + 1));
        if (remaining === 0) {
          callback([progress(responses.CGetResponse, request, Status.Success, 0, stores.length)]);
        }
      });
    });
    this.sendRequests(stores);
  }

  nCreateRequest(request, callback) {
    callback(answer(responses.NCreateResponse, request, Status.Success));
  }

  nSetRequest(request, callback) {
    callback(answer(responses.NSetResponse, request, Status.Success));
  }

  nActionRequest(request, callback) {
    callback(answer(responses.NActionResponse, request, Status.Success));
    const { TransactionUID, ReferencedSOPSequence } = request.getDataset().getElements();
    const report = new requests.NEventReportRequest(
      request.getRequestedSopClassUid(),
      request.getRequestedSopInstanceUid(),
      1
    );
    report.setDataset(new Dataset({ TransactionUID, ReferencedSOPSequence }, IMPLICIT));
    send(this.association.getCallingAeTitle(), [report]);
  }

  nEventReportRequest(request, callback) {
    callback(answer(responses.NEventReportResponse, request, Status.Success));
  }

  associationReleaseRequested() {
    this.sendAssociationReleaseResponse();
  }
}

const server = new Server(Archive);
server.on('networkError', (error) => console.error(error));
server.listen(Number(port), TIMEOUTS);
