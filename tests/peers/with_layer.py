"""A plugin of pytest: all that is tested, with our codec in pynetdicom."""

import dimse.pynetdicom

if not dimse.pynetdicom.install():
    raise RuntimeError("pynetdicom has another version than the one whose tests are to be run")
