"""dimse for applications of pynetdicom: its DIMSE layer on our codec, its conversations judged, conversions.

Needs the extra `dimse[pynetdicom]`. Nothing here is imported by the rest of the package.
"""

from dimse.pynetdicom.convert import (
    ConversionError,
    from_dataset,
    from_identifier,
    from_pynetdicom,
    identifier,
    to_dataset,
    to_pynetdicom,
)
from dimse.pynetdicom.layer import UnknownVersionWarning, install, installed, is_installed, uninstall
from dimse.pynetdicom.watch import NonconformanceError, Report, Watch, watch

__all__ = [
    "ConversionError",
    "NonconformanceError",
    "Report",
    "UnknownVersionWarning",
    "Watch",
    "from_dataset",
    "from_identifier",
    "from_pynetdicom",
    "identifier",
    "install",
    "installed",
    "is_installed",
    "to_dataset",
    "to_pynetdicom",
    "uninstall",
    "watch",
]
