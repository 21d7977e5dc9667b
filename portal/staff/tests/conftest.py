"""Staff, and the browser they sit at."""

from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.test import Client

from portal.models import User

MakeStaff = Callable[..., Client]


def second_factor(user: User) -> None:
    Authenticator.objects.create(
        user=user, type=Authenticator.Type.TOTP, data={"secret": "not read here"}
    )


@pytest.fixture
def staff(db) -> MakeStaff:
    """Someone of that role, signed in with a second factor; `client.user` is the person."""

    def sign_in(role: str = "administrator", **fields: object) -> Client:
        count = User.objects.count()
        user = User.objects.create_user(
            f"dana{count}@platform.example", name="Dana", is_staff=True, **fields
        )
        if role:
            user.groups.add(Group.objects.get(name=role))
        second_factor(user)
        client = Client()
        client.force_login(user)
        client.user = user
        return client

    return sign_in


@pytest.fixture
def dana(staff: MakeStaff) -> Client:
    return staff()
