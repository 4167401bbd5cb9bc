"""The payload of a record as a typed, frozen value with exactly one spelling.

A kind of statement is a subclass of `Statement`. pydantic checks shape and bounds, strictly: nothing is
coerced and unknown fields are refused, because two readers that guess differently count differently.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from typing import Annotated, Any, ClassVar, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from node import canonical
from node.errors import MalformedMessageError, PeerError
from node.ids import PayloadId
from node.keys import Signer
from node.records import record
from node.records.record import Record

_Form = TypeVar("_Form", bound="Statement")

Id = Annotated[bytes, Field(min_length=32, max_length=32)]
Key = Annotated[bytes, Field(min_length=32, max_length=32)]
Nonce = Annotated[bytes, Field(min_length=16, max_length=16)]
Signature = Annotated[bytes, Field(min_length=64, max_length=64)]
Natural = Annotated[int, Field(ge=0, lt=2**53)]
Positive = Annotated[int, Field(ge=1, lt=2**53)]


class Part(BaseModel):
    """A nested piece of a statement."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Statement(Part):
    """One kind of payload; `kind` is the part of the record's type that names it."""

    kind: ClassVar[str]

    def encode(self) -> bytes:
        """Return the canonical bytes of the payload."""
        return canonical.encode(self.model_dump())

    @property
    def payload_id(self) -> PayloadId:
        """Return the id that approvals of this payload name."""
        return self._payload_id

    @cached_property
    def _payload_id(self) -> PayloadId:
        return record.payload_id(self.kind, self.encode())

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy, with some fields changed; its id and the like are worked out anew."""
        copied = super().model_copy(update=update, deep=deep)
        for remembered in copied.__dict__.keys() - type(copied).model_fields.keys():
            del copied.__dict__[remembered]  # pydantic copies all that stands there.
        return copied

    def sign(self, signer: Signer) -> Record:
        """Make the record in which `signer` states this."""
        return record.sign(self.kind, self.encode(), signer)

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Read a payload.

        Raises:
            MalformedMessageError: not canonical, or not the fields this kind has.
        """
        try:
            statement = cls.model_validate(_frozen(canonical.decode(payload)))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(step) for step in first["loc"]) or "the payload"
            raise MalformedMessageError(f"{cls.kind}: {place}: {first['msg']}") from error
        # A field left out would be a second spelling with an id of its own.
        if statement.encode() != payload:
            raise MalformedMessageError(f"{cls.kind}: expected every field to be written out")
        return statement

    @classmethod
    def read(cls, signed: Record) -> Self:
        """Read the payload of a record of this kind.

        Raises:
            MalformedMessageError: another kind, or not the fields this kind has.
        """
        if signed.kind != cls.kind:
            raise MalformedMessageError(f"expected a record of kind {cls.kind!r}, found {signed.kind!r}")
        for known in signed.meaning:
            if isinstance(known, cls):
                return known
        small = len(signed.payload) <= _REMEMBERED_BYTES_MAX
        found: Self = _decoded(cls, signed.payload) if small else cls.decode(signed.payload)
        signed.meaning.append(found)
        return found

    @classmethod
    def among(cls, records: Iterable[Record]) -> list[Self]:
        """Return the statements of this kind, passing over records of other kinds and unreadable ones.

        A signed body may say anything; what cannot be read counts for nothing and stops nobody.
        """
        found: list[Self] = []
        for signed in records:
            if signed.kind == cls.kind:
                try:
                    found.append(cls.read(signed))
                except PeerError:
                    continue
        return found


# Statements are frozen, and the same few are read again with each question about membership or seats.
_REMEMBERED_BYTES_MAX = 2_048


@lru_cache(maxsize=4_096)
def _decoded(form: type[_Form], payload: bytes) -> _Form:
    return form.decode(payload)


def _frozen(value: Any) -> Any:
    """Return the tree with tuples for lists, as frozen models want them."""
    if isinstance(value, list):
        return tuple(_frozen(item) for item in value)
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return value
