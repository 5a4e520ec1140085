"""Whatever a peer does wrong in a C-ECHO, and in opening and releasing an Association.

python examples/what_is_wrong.py HOST PORT
"""

import sys

from pynetdicom import AE

from dimse.pynetdicom import watch

ae = AE()
ae.add_requested_context("1.2.840.10008.1.1")
association = ae.associate(sys.argv[1], int(sys.argv[2]), evt_handlers=watch(print))
association.send_c_echo()
association.release()
