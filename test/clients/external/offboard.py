# PyPI `zitadel-client`: JSON over Connect, with the services of v2.
import json
import os

from zitadel_client import (
    UserServiceCreateUserRequest,
    UserServiceDeactivateUserRequest,
    UserServiceGetUserByIDRequest,
    UserServiceHuman,
    UserServiceProfile,
    UserServiceSetHumanEmail,
    Zitadel,
)
from zitadel_client.exceptions import ApiError

base_url, user_id = os.environ["BASE_URL"], os.environ["USER_ID"]


def say(step, **told):
    print(json.dumps({"step": step, **told}), flush=True)


users = Zitadel.with_access_token(base_url, os.environ["TOKEN"]).users
made = users.create_user(
    UserServiceCreateUserRequest(
        organization_id=os.environ["ORG_ID"],
        user_id=user_id,
        human=UserServiceHuman(
            profile=UserServiceProfile(given_name="Ada", family_name="Lovelace"),
            email=UserServiceSetHumanEmail(email=f"{user_id}@example.com", is_verified=True),
        ),
    )
)
say("create", userId=made.id)
user = users.get_user_by_id(UserServiceGetUserByIDRequest(user_id=user_id)).user
say("read", userId=user.user_id, name=user.human.profile.given_name)
users.deactivate_user(UserServiceDeactivateUserRequest(user_id=user_id))
say("deactivate")
try:
    users.deactivate_user(UserServiceDeactivateUserRequest(user_id=user_id))
except ApiError as refused:
    body = refused.response_body
    body = body if isinstance(body, dict) else json.loads(body) if isinstance(body, str) else body.to_dict()
    say("refused", code=body["code"], id=body["details"][0]["debug"]["id"])

by_key = Zitadel.with_private_key(base_url, os.environ["KEY_FILE"]).users
say("key", userId=by_key.get_user_by_id(UserServiceGetUserByIDRequest(user_id=user_id)).user.user_id)
