"""Captures of network traffic: the Associations in them, their messages, and what is wrong with them.

    for event in Follower().follow(packets(chunks)):
        ...

Sans-IO: the bytes of a capture come in, events go out; nothing here opens a file.
"""

from dimse.capture.associate import Context, Negotiation, UserInformation
from dimse.capture.dialogue import Kept
from dimse.capture.events import Association, Began, Encrypted, Ended, Event, Fault, Gap, Said
from dimse.capture.follow import Follower
from dimse.capture.packets import CaptureError, Packet, packets

__all__ = [
    "Association",
    "Began",
    "CaptureError",
    "Context",
    "Encrypted",
    "Ended",
    "Event",
    "Fault",
    "Follower",
    "Gap",
    "Kept",
    "Negotiation",
    "Packet",
    "Said",
    "UserInformation",
    "packets",
]
