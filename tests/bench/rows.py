"""The rows of make bench that set the box beside the kernel's own mirror: what is sent, how much of it
is kept, and what the ratio of both costs is to be at most."""
from dataclasses import dataclass

WHOLE = 65535
ACCEPT_ALL = '', 'u32 0 0'
ACCEPT_NONE = 'protocol tcp destination-port 9', 'ip protocol 6 0xff match ip dport 9 0xffff'
IMIX = '60x7,590x4,1514x1'  # 64, 594 and 1,518 bytes with the checksum of the frame


@dataclass(frozen=True)
class Row:
    name: str
    what: str
    to_reach: float
    sizes: str = ''             # of UDP frames (generator.c); none: TCP with offloads (flows.c)
    kept: int = WHOLE
    wanted: tuple = ACCEPT_ALL  # by a rule of the box, by the kernel's u32
    split: bool = False         # the box's outer interface does no segmentation
    decapsulated: bool = False  # the receiver takes what comes; else it is of a foreign MAC address
    others: bool = False        # beside other tools as well

    @property
    def is_matched(self):
        return self.wanted == ACCEPT_ALL


ROWS = [
    Row('truncated', '128 bytes, 96 kept', 0.40, '128', 96, others=True),
    Row('truncated-1400', '1,400 bytes, 96 kept', 0.45, '1400', 96),
    Row('full', '1,400 bytes', 0.75, '1400', others=True),
    Row('imix', '64/594/1,518 bytes 7:4:1', 0.70, IMIX),
    Row('truncated-split', '128, 96 kept, no segmentation', 0.80, '128', 96, split=True),
    Row('truncated-1400-split', '1,400, 96 kept, no segmentation', 0.70, '1400', 96, split=True),
    Row('full-split', '1,400 bytes, no segmentation', 0.95, '1400', split=True),
    Row('super', 'TCP with offloads', 1.5, split=True),
    Row('super-cut', 'TCP with offloads, 96 kept', 1.2, kept=96, split=True),
    Row('no-match', '128 bytes that no rule wants', 2.5, '128', wanted=ACCEPT_NONE),
    Row('no-match-1400', '1,400 bytes that no rule wants', 2.5, '1400', wanted=ACCEPT_NONE),
    Row('vxlan', '128, 96 kept, into a vxlan device', 0.55, '128', 96, decapsulated=True),
]
