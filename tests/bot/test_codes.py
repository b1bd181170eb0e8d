"""Codes are computed from a secret key, code entry, id, seed and count, and never stored."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from bot import codes
from bot.codes import Secrets
from bot.records import Verification
from tests.harness.constants import OLD_SECRET_KEY, SECOND_MS, SECRET_KEY
from tests.harness.sent_texts import code_in, kinds
from tests.harness.simulation import Simulation
from tests.harness.states import state_of
from tests.harness.verifications import open_verification

#: RFC 4226, appendix D: the secret "12345678901234567890", counts 0 to 9.
RFC_4226 = [
    *("755224", "287082", "359152", "969429", "338314"),
    *("254676", "287922", "162583", "399871", "520489"),
]


def made_with(secrets: Secrets) -> Verification:
    """A verification whose code was made with the current key."""
    return open_verification(secret_id=secrets.current)


@pytest.mark.parametrize(("count", "code"), list(enumerate(RFC_4226)))
def test_codes_are_those_of_rfc_4226(count: int, code: str) -> None:
    assert codes.hotp(b"12345678901234567890", count, 6) == code


def test_hotp_with_more_digits_ends_in_the_same_six() -> None:
    # appendix D's truncated values in decimal, counts 0 and 9
    assert codes.hotp(b"12345678901234567890", 0, 8) == "84755224"
    assert codes.hotp(b"12345678901234567890", 9, 8) == "45520489"
    assert codes.hotp(b"12345678901234567890", 0, 7) == "4755224"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"code_entry": "page"}, id="code_entry"),
        pytest.param({"id": "ver_2"}, id="id"),
        pytest.param({"seed": "6" * 32}, id="seed"),
        pytest.param({"codes": 2}, id="count"),
    ],
)
def test_a_code_depends_on_code_entry_id_seed_and_count(change: dict[str, Any]) -> None:
    secrets = Secrets([SECRET_KEY])

    changed = codes.code(secrets, open_verification(**change))

    assert changed != codes.code(secrets, open_verification())


def test_a_code_depends_on_the_secret_key() -> None:
    one, other = Secrets([SECRET_KEY]), Secrets([OLD_SECRET_KEY])

    assert codes.code(one, made_with(one)) != codes.code(other, made_with(other))


def test_a_code_depends_on_no_other_field() -> None:
    secrets = Secrets([SECRET_KEY])
    changes = {"attempts_left": 1, "revision": 9, "phone": None, "expires_at": 0, "label": "Chrome"}

    changed = codes.code(secrets, open_verification(**changes))

    assert changed == codes.code(secrets, open_verification())


@pytest.mark.parametrize("digits", [6, 7, 8])
def test_a_code_has_as_many_digits_as_its_verification_says(digits: int) -> None:
    code = codes.code(Secrets([SECRET_KEY]), open_verification(digits=digits))

    assert code is not None
    assert re.fullmatch(f"[0-9]{{{digits}}}", code)


def test_there_is_no_code_without_a_seed_or_a_count() -> None:
    assert codes.code(Secrets([SECRET_KEY]), open_verification(seed=None)) is None
    assert codes.code(Secrets([SECRET_KEY]), open_verification(codes=0)) is None


def test_what_an_older_key_made_stays_valid_and_the_newest_key_is_current() -> None:
    old, rotated = Secrets([OLD_SECRET_KEY]), Secrets([SECRET_KEY, OLD_SECRET_KEY])
    verification = made_with(old)

    assert codes.code(rotated, verification) == codes.code(old, verification)
    assert rotated.current == Secrets([SECRET_KEY]).current
    assert codes.is_poll_token(rotated, "ver_1", codes.poll_token(old, "ver_1"))
    assert codes.is_spent(rotated, "ver_1", codes.spent(old, "ver_1", "123456"), "123456")


def test_what_a_removed_key_made_is_no_longer_valid() -> None:
    old, new = Secrets([OLD_SECRET_KEY]), Secrets([SECRET_KEY])

    assert codes.code(new, made_with(old)) is None
    assert not codes.is_poll_token(new, "ver_1", codes.poll_token(old, "ver_1"))
    assert not codes.is_spent(new, "ver_1", codes.spent(old, "ver_1", "123456"), "123456")


def test_at_least_one_secret_key_is_needed() -> None:
    with pytest.raises(ValueError, match="secret key"):
        Secrets([])


def test_a_login_survives_a_key_rotation() -> None:
    sim = Simulation(secrets=Secrets([OLD_SECRET_KEY]))
    code = sim.start_login()
    sim.policy = replace(sim.policy, secrets=Secrets([SECRET_KEY, OLD_SECRET_KEY]))

    sim.text(code)

    assert state_of(sim) == "approved"
    assert kinds(sim.text(code)) == ["already_done"]


def test_a_code_of_a_removed_key_approves_nothing() -> None:
    sim = Simulation(secrets=Secrets([OLD_SECRET_KEY]))
    code = sim.start_login()
    sim.policy = replace(sim.policy, secrets=Secrets([SECRET_KEY]))

    assert kinds(sim.text(code)) == ["code_expired"]
    sim.wait(61 * SECOND_MS)
    (sent,) = sim.text("RESEND")
    assert kinds(sim.text(code_in(sent.text))) == ["approved"]


@pytest.mark.parametrize(
    ("expected", "typed", "matches"),
    [
        ("123456", "123456", True),
        ("123456", "123457", False),
        ("123456", "12345", False),
        ("123456", "1234567", False),
        ("123456", "", False),
        ("123456", "１２３４５６", False),
        (None, "123456", False),
        (None, "", False),
        ("", "", False),
    ],
)
def test_only_the_same_code_matches_and_never_an_empty_one(
    expected: str | None, typed: str, matches: bool
) -> None:
    assert codes.matches(expected, typed) is matches


def test_a_poll_token_is_valid_for_one_verification_only() -> None:
    secrets = Secrets([SECRET_KEY])
    token = codes.poll_token(secrets, "ver_1")

    assert re.fullmatch("poll_[0-9a-f]{64}", token)
    assert token == codes.poll_token(secrets, "ver_1")
    assert codes.is_poll_token(secrets, "ver_1", token)
    assert not codes.is_poll_token(secrets, "ver_2", token)
    for other in ("", "poll_", token[:-1], token + "0", token.upper(), "poll_é", token[5:]):
        assert not codes.is_poll_token(secrets, "ver_1", other)


def test_only_the_spent_code_of_the_same_verification_is_recognised() -> None:
    secrets = Secrets([SECRET_KEY])
    remembered = codes.spent(secrets, "ver_1", "123456")

    assert codes.is_spent(secrets, "ver_1", remembered, "123456")
    assert not codes.is_spent(secrets, "ver_1", remembered, "123457")
    assert not codes.is_spent(secrets, "ver_2", remembered, "123456")
    assert not codes.is_spent(secrets, "ver_1", None, "123456")
    assert not codes.is_spent(secrets, "ver_1", "", "")


def test_each_use_of_the_key_has_its_own_label() -> None:
    secrets = Secrets([SECRET_KEY])

    assert secrets.mac("poll", "ver_1") != secrets.mac("code", "ver_1")
    assert secrets.mac("a", "b\0c") == secrets.mac("a", "b", "c")  # no part has a NUL


def test_neither_a_code_nor_a_plain_hash_of_it_is_stored() -> None:
    sim = Simulation()
    code = sim.start_login()
    sim.check(sim.verifications()[0].id, "000000")
    unfinished = msgspec.json.encode([list(rows) for _, rows in sim.store.tables()])
    sim.text(code)
    finished = msgspec.json.encode([list(rows) for _, rows in sim.store.tables()])
    guesses = [code, *(f"{verification.id}{code}" for verification in sim.verifications())]
    hashes = [
        hashlib.new(name, guess.encode()).hexdigest()[:16]
        for name in ("md5", "sha1", "sha256", "sha512")
        for guess in guesses
    ]

    for stored in (unfinished.decode(), finished.decode()):
        assert not any(hashed in stored for hashed in hashes)
        assert not re.search(f"(?<![0-9a-f]){code}(?![0-9a-f])", stored)
