"""Carries out `status`, `backup` and `restore`: work on a data folder, beside the broker that may run there."""

from __future__ import annotations

from broker.backups import back_up, restore
from broker.config import Command
from broker.local_line import call
from broker.report import decode_report, encode_report, report_text


def carry_out(command: Command) -> str:
    """Do it, and return what to print. Raises a `SecureChatError` that says why not."""
    if command.name == "backup":
        return back_up(command.folder, command.file)
    if command.name == "restore":
        return restore(command.folder, command.file)
    report = decode_report(call(command.folder))
    return encode_report(report).decode() + "\n" if command.as_json else report_text(report)
