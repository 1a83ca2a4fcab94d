"""SHA-256, loaded on first use: most programs that import egcore need it later or never."""

from collections.abc import Iterable


def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 of some bytes as 64 lower-case hexadecimal digits."""
    return sha256_of([data])


def sha256_of(parts: Iterable[bytes]) -> str:
    """Return the SHA-256 of many parts, one after the other, in hexadecimal digits."""
    from hashlib import sha256  # noqa: PLC0415 - loading OpenSSL takes 6 ms

    digest = sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()
