"""dimse for applications of pynetdicom: its DIMSE layer on our codec, its conversations judged, conversions.

Needs the extra `dimse[pynetdicom]`. Nothing here is imported by the rest of the package.
"""

from dimse.pynetdicom.layer import UnknownVersionWarning, install, installed, is_installed, uninstall
from dimse.pynetdicom.watch import NonconformanceError, Report, Watch, watch

__all__ = [
    "NonconformanceError",
    "Report",
    "UnknownVersionWarning",
    "Watch",
    "install",
    "installed",
    "is_installed",
    "uninstall",
    "watch",
]
