"""Signatures of evidence and certificates: DSSE envelopes by `securesystemslib`, with a key that the user keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.evidence.statement import EvidenceError

if TYPE_CHECKING:
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import CryptoSigner, SSlibKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"


def signer_of(path: str | Path | None) -> CryptoSigner | None:
    """The signer of a private key's file (PEM, unencrypted PKCS 8); None for no file. Raises `EvidenceError`."""
    if not path:
        return None
    # Imported here because few commands sign.
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from securesystemslib.exceptions import UnsupportedLibraryError
    from securesystemslib.signer import CryptoSigner

    try:
        key = load_pem_private_key(Path(path).read_bytes(), None)
        return CryptoSigner(key)
    except OSError as error:
        raise EvidenceError(f"key {path}: cannot be read ({error.strerror})") from error
    except (ValueError, TypeError, UnsupportedLibraryError) as error:
        raise EvidenceError(f"key {path}: is no private key in PEM without a password ({error})") from error


def public_key_of(path: str | Path) -> SSlibKey:
    """The public key of a PEM file. Raises `EvidenceError`."""
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from securesystemslib.signer import SSlibKey

    try:
        return SSlibKey.from_crypto(load_pem_public_key(Path(path).read_bytes()))
    except OSError as error:
        raise EvidenceError(f"key {path}: cannot be read ({error.strerror})") from error
    except (ValueError, TypeError) as error:
        raise EvidenceError(f"key {path}: is no public key in PEM ({error})") from error


def envelope_of(text: str, payload_type: str = PAYLOAD_TYPE) -> Envelope:
    """An envelope around a text, without signatures."""
    from securesystemslib.dsse import Envelope

    return Envelope(text.encode(), payload_type, {})


def signatures_of(text: str, signer: CryptoSigner | None, payload_type: str = PAYLOAD_TYPE) -> list[dict[str, Any]]:
    """The signatures of a text, as an envelope lists them; none without a signer."""
    if signer is None:
        return []
    envelope = envelope_of(text, payload_type)
    envelope.sign(signer)
    signatures: list[dict[str, Any]] = envelope.to_dict()["signatures"]
    return signatures


def is_signed_by(text: str, signatures: Sequence[Mapping[str, Any]], key: SSlibKey, payload_type: str = PAYLOAD_TYPE) -> bool:
    """True if one of the signatures is the key's, of this text."""
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import FormatError, VerificationError

    empty = envelope_of(text, payload_type).to_dict()
    try:
        Envelope.from_dict({**empty, "signatures": [dict(each) for each in signatures]}).verify([key], 1)
    except (VerificationError, FormatError, KeyError, ValueError, TypeError):
        return False
    return True
