"""An example web app: log in by text message. Run it beside `textlogin demo`:

pip install httpx standardwebhooks starlette uvicorn
textlogin clients --demo add example --callback-url http://localhost:9000/hooks
export TEXTLOGIN_KEY=tl_…  CALLBACK_SECRET=whsec_…  # as printed
uvicorn --app-dir docs/examples/webapp app:app --port 9000
"""

import os
import secrets
from html import escape
from urllib.parse import parse_qs

import httpx
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

TEXTLOGIN = os.environ.get("TEXTLOGIN_URL", "http://127.0.0.1:8000")
HEADERS = {"Authorization": f"Bearer {os.environ['TEXTLOGIN_KEY']}"}
VERIFICATIONS = "/v1/verifications"
api = httpx.AsyncClient(base_url=TEXTLOGIN, headers=HEADERS, timeout=40)
callbacks = Webhook(os.environ["CALLBACK_SECRET"])

# A real app keeps these in its database.
waiting: dict[str, str] = {}  # session → verification
logged_in: dict[str, str] = {}  # session → phone
logins: dict[str, str] = {}  # verification → session, for a NO that comes later

FORM = """<!doctype html><title>Log in</title><h1>Log in</h1>
<form method="post" action="/login"><label>Phone <input name="phone" type="tel"></label>
<button>Send me a code</button></form>
<form method="post" action="/login"><button>Text us instead</button></form>"""

PAGE = """<!doctype html><title>Log in</title><h1>{heading}</h1><p id="state">Waiting …</p>
<form id="form"><label>Code <input name="code" autocomplete="one-time-code"></label>
<button>Log in</button></form><script type="module">
import {{ check, watch }} from "{textlogin}/client.js";
const [id, token, state] = ["{id}", "{token}", document.getElementById("state")];
document.getElementById("form").addEventListener("submit", (event) => {{
  event.preventDefault();
  const code = new FormData(event.target).get("code");
  check(id, token, code).then((now) => state.textContent = `${{now.attempts_left}} tries left`)
    .catch((error) => state.textContent = error.message);
}});
for await (const now of watch(id, token)) {{
  if (now.awaiting === "code") state.textContent = `Type the code that ${{now.phone_number}} got`;
  if (now.status === "approved") location.replace("/finish");
  else if (now.status !== "pending") state.textContent = `Not logged in: ${{now.status}}`;
}}
</script>"""


async def home(request: Request) -> Response:
    """Who is logged in, or the form."""
    phone = logged_in.get(request.cookies.get("session", ""))
    return HTMLResponse(f"<!doctype html><h1>Hello {phone}</h1>" if phone else FORM)


async def login(request: Request) -> Response:
    """Send a code to the phone that was typed, or show the letters to text."""
    phone = parse_qs((await request.body()).decode()).get("phone", [""])[0]
    method = {"method": "sms", "phone_number": phone} if phone else {"method": "text"}
    agent = request.headers.get("user-agent", "")
    label = next((name for name in ("Firefox", "Chrome", "Safari") if name in agent), "a browser")
    requester = {"ip": request.client.host, "label": label}
    answer = await api.post(VERIFICATIONS, json={**method, "requester": requester})
    opened = answer.json()
    if answer.status_code != 201:
        return HTMLResponse(f"{FORM}<p>{escape(opened['detail'])}</p>", answer.status_code)
    start = opened["login"] or {}
    page = PAGE.format(
        heading="Text {text} to {phone_number}".format(**start) if start else "Look at your phone",
        textlogin=TEXTLOGIN,
        id=opened["id"],
        token=opened["poll_token"],
    )
    response = HTMLResponse(page)
    session = secrets.token_urlsafe()  # a new one, so that nobody can fix it beforehand
    waiting[session] = opened["id"]
    response.set_cookie("session", session, httponly=True, samesite="lax")  # and secure, on https
    return response


async def finish(request: Request) -> Response:
    """Redeem the approval: it is one login, for the browser that asked."""
    session = request.cookies.get("session", "")
    response = RedirectResponse("/", 303)
    if id := waiting.get(session):
        again = {"Idempotency-Key": f"redeem-{id}"}  # so that a lost answer can be asked for again
        answer = await api.post(f"{VERIFICATIONS}/{id}/redeem", headers=again)
        if answer.status_code == 200 and answer.json()["status"] == "approved":
            del waiting[session]
            new = secrets.token_urlsafe()
            logged_in[new], logins[id] = answer.json()["phone_number"], new
            response.set_cookie("session", new, httponly=True, samesite="lax")
    return response


async def hooks(request: Request) -> Response:
    """Callbacks: a NO after the login ends its session."""
    try:
        event = callbacks.verify(await request.body(), dict(request.headers))
    except WebhookVerificationError:
        return Response(status_code=403)
    if event["type"] in ("verification.denied", "verification.repudiated"):
        logged_in.pop(logins.pop(event["data"]["id"], ""), None)
    return JSONResponse({})


app = Starlette(
    routes=[
        Route("/", home),
        Route("/login", login, methods=["POST"]),
        Route("/finish", finish),
        Route("/hooks", hooks, methods=["POST"]),
    ]
)
