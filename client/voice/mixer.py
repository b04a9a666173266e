"""Many speakers → one block: the sum, limited softly and only near full scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from client.voice.device import Block, silence

KNEE: Final = 0.8  # below it (-2 dBFS) samples stay untouched; above it they are bent towards 1


def mix(blocks: Sequence[Block]) -> Block:
    """The sum of blocks of one size; silence of 10 ms for none. All samples within -1..1."""
    if not blocks:
        return silence()
    if len(blocks) == 1:
        return limit(blocks[0])
    total = blocks[0] + blocks[1]
    for block in blocks[2:]:
        total += block
    return limit(total)


def peak(block: Block) -> float:
    """Its loudest sample."""
    return max(float(np.maximum.reduce(block)), -float(np.minimum.reduce(block)))


def limit(block: Block) -> Block:
    """The block, where it is over the knee bent so that it stays within -1..1."""
    if peak(block) <= KNEE:
        return block
    size = np.abs(block)
    room = np.float32(1.0 - KNEE)
    bent = KNEE + room * np.tanh((size - KNEE) / room)
    return np.where(size > KNEE, np.copysign(bent, block), block).astype(np.float32)
