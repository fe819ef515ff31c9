//! Only the app's own page in its own window can call commands: not a frame, a second window, a
//! foreign page or a foreign script.

use anyhow::Result;
use latchkey_e2e::{Account, Desktop, Relay, Server, Window, commands, eventually};
use serde_json::{Value, json};

/// Inserts a frame into the page, waits until it has loaded or was refused, and tries every way
/// from it to the app.
const FROM_A_FRAME: &str = r#"
    const [kind, foreign, session, signOut] = arguments;
    const frame = document.createElement("iframe");
    window.fromFrame = [];
    const receive = (event) => window.fromFrame.push(String(event.data));
    window.addEventListener("message", receive);
    const script = "<script>parent.postMessage('ran', '*');"
        + `parent.__TAURI_INTERNALS__.invoke('${session}').then(() => parent.postMessage('called', '*'))</` + "script>";
    if (kind === "srcdoc") frame.srcdoc = script;
    if (kind === "same-origin") frame.src = location.href;
    if (kind === "remote") frame.src = foreign;
    if (kind === "data") frame.src = "data:text/html," + encodeURIComponent(script);
    const settled = new Promise((resolve) => {
        // A refused frame may cause no event at all.
        setTimeout(resolve, 1000);
        frame.addEventListener("load", resolve);
        document.addEventListener("securitypolicyviolation", resolve, { once: true });
    });
    document.body.append(frame);
    if (kind === "about:blank") {
        const inner = frame.contentDocument.createElement("script");
        inner.textContent = "parent.postMessage('ran', '*')";
        frame.contentDocument.documentElement.append(inner);
    } else {
        await settled;
    }
    let reached = {};
    try {
        const inside = frame.contentWindow;
        reached.internals = typeof inside.__TAURI_INTERNALS__;
        reached.handler = typeof inside.webkit?.messageHandlers?.ipc;
        reached.place = inside.location.href;
        reached.drawn = inside.document.querySelector("[data-state]") !== null;
        try {
            inside.webkit.messageHandlers.ipc.postMessage(JSON.stringify(
                { cmd: signOut, callback: 1, error: 2, payload: {}, options: {}, __TAURI_INVOKE_KEY__: "guessed" }));
        } catch {}
        try {
            const reply = await inside.fetch(`ipc://localhost/${encodeURIComponent(session)}`, {
                method: "POST", body: "{}", signal: AbortSignal.timeout(2000),
                headers: { "Content-Type": "application/json", "Tauri-Callback": "1", "Tauri-Error": "2",
                           "Tauri-Invoke-Key": "guessed" } });
            reached.reply = [reply.status, reply.headers.get("Tauri-Response"), await reply.text()];
        } catch (refused) { reached.reply = String(refused); }
    } catch (closed) { reached.closed = String(closed); }
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    frame.remove();
    window.removeEventListener("message", receive);
    return { reached, messages: window.fromFrame };
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_can_call_no_command() -> Result<()> {
    let server = Server::start().await?;
    let canary = Relay::start().await?;
    let (_desktop, window) = signed_in("isolation-frame", &server).await?;
    assert_eq!(
        window.invoke(commands::SESSION, &json!({})).await?["state"],
        "signed-in",
        "the page itself may call commands"
    );

    for kind in ["about:blank", "srcdoc", "same-origin", "remote", "data"] {
        let outcome =
            window.run(FROM_A_FRAME, &[kind, canary.url(), commands::SESSION, commands::SIGN_OUT]).await?;
        assert_eq!(outcome["messages"], json!([]), "{kind}: a script ran: {outcome}");
        let reached = &outcome["reached"];
        assert_ne!(reached["internals"], "object", "{kind}: the frame has the app's interface: {outcome}");
        assert_ne!(reached["drawn"], true, "{kind}: the app is drawn in the frame: {outcome}");
        let reply = reached["reply"].to_string();
        assert!(!reply.contains("signed-in"), "{kind}: the frame received a reply: {outcome}");
    }
    assert!(canary.record().is_empty(), "the foreign server received a request");
    window.expect_state("signed-in").await?;
    assert_eq!(
        window.invoke(commands::SESSION, &json!({})).await?["state"],
        "signed-in",
        "the session is still signed in"
    );
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_cannot_open_a_second_window() -> Result<()> {
    let server = Server::start().await?;
    let canary = Relay::start().await?;
    let (_desktop, window) = signed_in("isolation-window", &server).await?;

    let options = json!({ "options": { "label": "second", "url": "index.html" } });
    let others = [
        ("plugin:webview|create_webview_window", options),
        (
            "plugin:webview|create_webview",
            json!({ "windowLabel": "main", "options": { "label": "second", "url": "/" } }),
        ),
        ("plugin:window|create", json!({ "options": { "label": "second" } })),
        (
            "plugin:event|emit",
            json!({ "event": commands::PAGE_CHECK_EVENT, "payload": { "state": "signed-out" } }),
        ),
        ("plugin:store|load", json!({ "path": "session.json" })),
        ("plugin:window|get_all_windows", json!({})),
        ("plugin:app|version", json!({})),
        ("no_such_command", json!({})),
    ];
    for (command, arguments) in others {
        let outcome = window.invoke(command, &arguments).await?;
        let error = outcome["error"].as_str().unwrap_or_default();
        let refused = ["not allowed", "not found"].iter().any(|reason| error.contains(reason));
        assert!(refused, "{command} was not refused: {outcome}");
    }
    for target in ["", "index.html", "about:blank", canary.url()] {
        let opened = window.script("return window.open(arguments[0], '_blank') !== null", &[target]).await?;
        assert_eq!(opened, false, "window.open({target:?}) opened a window");
    }
    assert_eq!(window.count().await?, 1);
    assert!(canary.record().is_empty(), "the foreign server received a request");
    window.expect_state("signed-in").await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn navigation_to_another_page_is_refused() -> Result<()> {
    let server = Server::start().await?;
    let canary = Relay::start().await?;
    let (_desktop, window) = signed_in("isolation-navigation", &server).await?;
    let home = window.script("return location.href", &[]).await?;

    let ways = [
        "location.href = arguments[0]",
        "location.replace(arguments[0])",
        "const link = document.createElement('a'); link.href = arguments[0]; document.body.append(link); link.click(); link.remove()",
        "const link = document.createElement('a'); link.href = arguments[0]; link.target = '_blank'; document.body.append(link); link.click(); link.remove()",
        "const form = document.createElement('form'); form.action = arguments[0]; form.method = 'post'; document.body.append(form); form.submit(); form.remove()",
        "const meta = document.createElement('meta'); meta.httpEquiv = 'refresh'; meta.content = '0;url=' + arguments[0]; document.head.append(meta); meta.remove()",
    ];
    for way in ways {
        for target in [canary.url(), "data:text/html,<h1>elsewhere</h1>", "file:///etc/hostname"] {
            window.script(way, &[target]).await?;
            settle(&window).await?;
            assert_eq!(window.script("return location.href", &[]).await?, home, "{way} went to {target}");
            assert!(window.shows("[data-state=\"signed-in\"]").await?, "{way} left the page for {target}");
        }
    }
    assert_eq!(window.count().await?, 1);
    assert!(canary.record().is_empty(), "the foreign server received a request");
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_scripts_and_resources_are_refused() -> Result<()> {
    let server = Server::start().await?;
    let canary = Relay::start().await?;
    let (_desktop, window) = signed_in("isolation-csp", &server).await?;
    let watch = "window.violations = []; document.addEventListener('securitypolicyviolation', \
         e => window.violations.push(e.effectiveDirective))";
    window.script(watch, &[]).await?;

    let intruders = [
        (
            "an inline script",
            "script-src",
            "const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.head.append(s)",
        ),
        (
            "a handler in the HTML",
            "script-src",
            "const d = document.createElement('div'); d.innerHTML = '<img src=x: onerror=\"window.ran = 1\">'; document.body.append(d)",
        ),
        (
            "a remote script",
            "script-src",
            "const s = document.createElement('script'); s.src = arguments[0] + '/x.js'; document.head.append(s)",
        ),
        ("eval", "script-src", "try { window.eval('window.ran = 1') } catch {}"),
        ("a remote image", "img-src", "new Image().src = arguments[0] + '/x.png'"),
        (
            "a remote style sheet",
            "style-src",
            "const l = document.createElement('link'); l.rel = 'stylesheet'; l.href = arguments[0] + '/x.css'; document.head.append(l)",
        ),
        ("fetch", "connect-src", "fetch(arguments[0]).catch(() => {})"),
        ("a beacon", "connect-src", "navigator.sendBeacon(arguments[0], 'x')"),
        ("a web socket", "connect-src", "try { new WebSocket(arguments[0].replace('http', 'ws')) } catch {}"),
    ];
    for (what, directive, script) in intruders {
        window.script("window.violations.length = 0", &[]).await?;
        window.script(script, &[canary.url()]).await?;
        eventually(&format!("{what} is refused"), async || {
            let refused = window.script("return window.violations", &[]).await?;
            let refused = refused.as_array().into_iter().flatten().filter_map(Value::as_str);
            Ok(refused.into_iter().any(|refused| refused.starts_with(directive)).then_some(()))
        })
        .await?;
    }
    settle(&window).await?;
    assert_eq!(window.script("return window.ran === undefined", &[]).await?, true, "a foreign script ran");
    assert!(canary.record().is_empty(), "the foreign server received a request");
    for command in commands::ALL.into_iter().filter(|command| *command != commands::CLOSE_WINDOW) {
        // The page itself can still call every command, so the refusals above were not general.
        let outcome = window.invoke(command, &json!({})).await?;
        assert!(!outcome.to_string().contains("not allowed"), "{command}: {outcome}");
    }
    window.close_by_key("w").await
}

/// Gives the page time to do what it was asked: two frames, and a call of the backend.
async fn settle(window: &Window) -> Result<()> {
    let frames = "await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))";
    window.run(frames, &[]).await?;
    window.invoke(commands::SESSION, &json!({})).await.map(drop)
}

async fn signed_in(name: &str, server: &Server) -> Result<(Desktop, Window)> {
    let desktop = Desktop::start(name).await?;
    let window = desktop.open(server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    Ok((desktop, window))
}
