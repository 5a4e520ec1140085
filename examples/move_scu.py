"""A C-MOVE SCU that shows progress, and in the end a verdict on the peer.

python examples/move_scu.py HOST PORT DESTINATION STUDY-INSTANCE-UID
"""

import sys

from pydicom.dataset import Dataset
from pynetdicom import AE
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelMove as STUDY_ROOT

import dimse.pynetdicom

dimse.pynetdicom.install()


def main(host: str, port: str, destination: str, study: str) -> int:
    """Ask for a study; gives 0 where all of it has arrived and the peer has kept to the standard."""
    query = Dataset()
    query.QueryRetrieveLevel, query.StudyInstanceUID = "STUDY", study
    wrong: list[dimse.pynetdicom.Report] = []
    ae = AE("MOVESCU")
    ae.add_requested_context(STUDY_ROOT)
    association = ae.associate(host, int(port), evt_handlers=dimse.pynetdicom.watch(wrong.append))
    if not association.is_established:
        print("no Association")
        return 2
    last = Dataset()
    for response, _ in association.send_c_move(query, destination, STUDY_ROOT):
        last = response
        if "Status" in response:
            print(dimse.C_MOVE.STATUSES.status(response.Status, STUDY_ROOT), counts(response))
    association.release()
    print(*(f"wrong: {report}" for report in wrong), sep="\n")
    print("verdict:", "the peer does not keep to PS3.7" if wrong else "in order")
    return 0 if last.get("Status") == 0 and not wrong else 1


def counts(response: Dataset) -> str:
    """How far the sub-operations are."""
    kinds = ("Remaining", "Completed", "Failed", "Warning")
    held = {kind: response.get(f"NumberOf{kind}Suboperations") for kind in kinds}
    return ", ".join(f"{count} {kind.lower()}" for kind, count in held.items() if count is not None)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
