import pytest

from o2o.kit.sealing import SealBrokenError, seal, unseal


def test_secret_comes_back_and_does_not_show() -> None:
    sealed = seal("whsec_茶", purpose="webhooks")
    assert "whsec" not in sealed
    assert unseal(sealed, purpose="webhooks") == "whsec_茶"
    assert sealed != seal("whsec_茶", purpose="webhooks")


def test_other_purpose_does_not_open_it() -> None:
    with pytest.raises(SealBrokenError):
        unseal(seal("x", purpose="webhooks"), purpose="connections")


def test_altered_seal_is_refused() -> None:
    sealed = seal("x", purpose="webhooks")
    for index in range(0, len(sealed) - 2, 7):
        altered = sealed[:index] + ("A" if sealed[index] != "A" else "B") + sealed[index + 1 :]
        with pytest.raises(SealBrokenError):
            unseal(altered, purpose="webhooks")


def test_older_key_opens_while_it_is_among_the_fallbacks(settings) -> None:
    sealed = seal("x", purpose="webhooks")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new key", [settings.SECRET_KEY]
    assert unseal(sealed, purpose="webhooks") == "x"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(SealBrokenError):
        unseal(sealed, purpose="webhooks")
