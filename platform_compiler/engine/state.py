"""What a stack's backend keeps: its state, the states that former runs left, and its locks.

A folder of state is read directly where that spares a start of the CLI; everything is written by the CLI. Secrets stay
encrypted but where a caller asks otherwise, and decrypted ones never touch a disk: the SDK's own export and import
would write them to a temporary file.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pulumi.automation as auto
from pulumi.automation import errors as auto_errors

from platform_compiler.emit.recorded import Recorded, live_resources
from platform_compiler.engine.command import Command
from platform_compiler.engine.errors import EngineRunError, command_message
from platform_compiler.engine.history import Revision, checkpoint_file, revisions
from platform_compiler.engine.locks import Lock, read_locks
from platform_compiler.engine.safeguard import Mended, cure, is_state, is_whole, mend, read_json


@dataclass(frozen=True, slots=True)
class State:
    """The backend of one stack; `folder` is where it is a folder of state, None for other backends."""

    stack: auto.Stack
    project: str
    command: Command
    folder: Path | None

    @property
    def file(self) -> Path | None:
        """The stack's file in a folder of state, once there is one."""
        return stack_file(self.folder, self.project, self.stack.name)

    def require_whole(self) -> None:
        """Refuse a file of state that cannot be read, and tell its cure; nothing is moved."""
        if self.file is not None and not is_whole(self.file):
            hint = cure(self.file, self.stack.name)
            raise EngineRunError(f"the state cannot be read: {self.file} is cut short or damaged", hint=hint)

    def mend(self) -> Mended | None:
        """Put a whole copy in the place of a file of state that cannot be read, unless another run is at work there."""
        if self.file is None or is_whole(self.file):
            return None
        holders = self.locks()
        if any(holder.owner != "dead" for holder in holders):
            raise self.locked(holders)
        mended = mend(self.file)
        self.require_whole()
        return mended

    def resources(self, *, reveal: bool = False) -> list[Recorded]:
        """The resources in state."""
        self.require_whole()
        return live_resources(self.export(*(["--show-secrets"] if reveal else [])).get("deployment") or {})

    def release(self, urns: frozenset[str]) -> None:
        """Take protection and retention from resources in state, so that a destroy deletes their objects too."""

        def released(deployment: dict[str, Any]) -> dict[str, Any]:
            return {**deployment, "resources": [_released(item, urns) for item in deployment.get("resources", ())]}

        self.edit(released)

    def surely_finished(self) -> bool:
        """Whether a look into the folder of state shows that no step is pending."""
        return self.file is not None and b'"pending_operations"' not in self.file.read_bytes()

    def export(self, *options: str) -> dict[str, Any]:
        """The state as `pulumi stack export` writes it."""
        exported: dict[str, Any] = json.loads(self._run("stack", "export", *options))
        return exported

    def edit(self, change: Callable[[dict[str, Any]], dict[str, Any] | None]) -> None:
        """Write what `change` makes of the state, unless that is None; a state that others work on is left alone."""
        holders = self.locks()
        if holders:
            raise self.locked(holders)
        self.require_whole()
        exported = self.export()
        changed = change(exported.get("deployment") or {})
        if changed is None:
            return
        if self.export() != exported:
            raise EngineRunError("another run is changing this stack", hint="wait for it to end, then try again")
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump({**exported, "deployment": changed}, file)
            file.flush()
            self._run("stack", "import", "--file", file.name)

    def _run(self, *arguments: str, **variables: str) -> str:
        workspace = self.stack.workspace
        name = f"organization/{self.project}/{self.stack.name}" if self.folder else self.stack.name
        command = [*arguments, "--stack", name]
        try:
            result = self.command.run(command, workspace.work_dir, {**workspace.env_vars, **variables})
        except auto_errors.ConcurrentUpdateError as error:
            raise self.locked(self.locks(), command_message(error)) from None
        except auto_errors.CommandError as error:
            raise EngineRunError(command_message(error)) from None
        return str(result.stdout)

    # --- history

    def history(self) -> list[Revision]:
        """Every run of this stack, oldest first."""
        try:
            return revisions(self.stack.history(show_secrets=False))
        except auto_errors.CommandError as error:
            raise EngineRunError(command_message(error)) from None

    def deployment_of(self, number: int, *, reveal: bool = False) -> dict[str, Any]:
        """The deployment that a revision left; raises `EngineRunError` where the backend keeps none.

        `reveal` decrypts secrets, by the CLI, with the provider and the passphrase that the stack had then.
        """
        options = ["--show-secrets"] if reveal else []
        if self.folder is None:
            return self.export("--version", str(number), *options).get("deployment") or {}
        file = checkpoint_file(self.folder, self.project, self.stack.name, number)
        if file is None:
            raise EngineRunError(f"the folder of state has no checkpoint of revision {number}")
        if not reveal and file.suffix == ".json":
            return read_checkpoint(file)
        return self._opened(file, options)

    def _opened(self, file: Path, options: Sequence[str]) -> dict[str, Any]:
        """A checkpoint of the past as the CLI reads it: as the only stack in a folder of state of its own."""
        with tempfile.TemporaryDirectory() as folder:
            stacks = Path(folder, ".pulumi", "stacks", self.project)
            stacks.mkdir(parents=True)
            shutil.copy(file, stacks / f"{self.stack.name}.{file.name.partition('.checkpoint.')[2]}")
            Path(folder, ".pulumi", "meta.yaml").write_text("version: 1\n", encoding="utf-8")
            text = self._run("stack", "export", *options, PULUMI_BACKEND_URL=Path(folder).as_uri())
        deployment: dict[str, Any] = json.loads(text).get("deployment") or {}
        return deployment

    # --- locks

    def locks(self) -> list[Lock]:
        """Who holds this stack, as far as a folder of state tells."""
        return read_locks(self.folder, self.project, self.stack.name) if self.folder else []

    def unlock(self, locks: Sequence[Lock]) -> None:
        """Remove `locks`, whoever holds them; in a backend that is no folder, every lock of the stack."""
        for lock in locks:
            lock.file.unlink(missing_ok=True)
        if self.folder is None:
            try:
                self.stack.cancel()
            except auto_errors.CommandError as error:
                raise EngineRunError(command_message(error)) from None

    def locked(self, holders: Sequence[Lock], told: str = "") -> EngineRunError:
        """The error of a run that finds the stack locked, with the cure; `told` is what the CLI says of it."""
        now = datetime.now(UTC)
        lines = [f"locked by {holder.describe(now)}" for holder in holders] or [told]
        owners = {holder.owner for holder in holders}
        cure = f"platc unlock --env {self.stack.name}"
        if "alive" in owners:
            hint = f"wait for it to end; should it hang, end it, then run `{cure}`"
        elif "unknown" in owners or not holders:
            hint = f"make sure that nothing runs there, then run `{cure} --force`"
        else:
            hint = f"run `{cure}`, then this command again"
        return EngineRunError("the stack is locked", lines, hint)

    def release_lock_of(self, pid: int) -> None:
        """Remove the lock of an engine that this process has started and seen end."""
        for lock in self.locks():
            if lock.pid == pid and lock.owner == "dead":
                lock.file.unlink(missing_ok=True)


def _released(resource: dict[str, Any], urns: frozenset[str]) -> dict[str, Any]:
    if resource["urn"] not in urns:
        return resource
    return {key: value for key, value in resource.items() if key not in {"protect", "retainOnDelete"}}


def read_checkpoint(file: Path) -> dict[str, Any]:
    """The deployment in a file of state; raises `EngineRunError` for a damaged one."""
    data = read_json(file)
    if not is_state(data):
        raise EngineRunError(f"{file} is cut short or damaged")
    return data["checkpoint"].get("latest") or {}


def stack_file(folder: Path | None, project: str, stack: str) -> Path | None:
    """A stack's file in a folder of state, once there is one."""
    file = folder / ".pulumi" / "stacks" / project / f"{stack}.json" if folder else None
    return file if file and file.is_file() else None
