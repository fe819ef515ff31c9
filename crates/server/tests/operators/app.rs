//! The app's side of a request in the browser: a device, and the loopback port where it waits for
//! the result (RFC 8252 §7.3).

use latchkey_testkit::{DEADLINE, Device, PASSWORD, Server, ok, text};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

/// An app that waits for results.
pub(crate) struct App<'a> {
    pub(crate) server: &'a Server,
    pub(crate) device: Device,
    /// The port where it waits.
    pub(crate) port: u16,
    pub(crate) results: Mutex<UnboundedReceiver<String>>,
}

impl<'a> App<'a> {
    pub(crate) async fn start(server: &'a Server, number: u8) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, results) = unbounded_channel();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                // A browser opens connections that it does not use.
                tokio::spawn(receive(connection, sender.clone()));
            }
        });
        Self { server, device: Device::new(number), port, results: Mutex::new(results) }
    }

    /// Waits for the browser to deliver the result.
    pub(crate) async fn result(&self) -> String {
        let mut results = self.results.lock().await;
        let delivered = timeout(DEADLINE, results.recv()).await;
        delivered.expect("the browser delivers no result").unwrap()
    }

    async fn post(&self, path: &str, body: &Value) -> Response {
        let proof = self.device.proof(self.server, &Method::POST, path, None);
        let request = self.server.request(Method::POST, path).header("x-client", &self.device.id);
        request.header("dpop", proof).json(body).send().await.unwrap()
    }

    /// A token of a confirmed session that began with the password.
    pub(crate) async fn confirmed(&self) -> String {
        let tokens = self.device.sign_in(self.server).await;
        let body = json!({ "password": PASSWORD });
        let confirmed = self.device.post(self.server, "/api/auth/confirm", text(&tokens, "token"), &body);
        text(&ok(confirmed.await).await, "token").to_owned()
    }

    /// Begins a request in the browser on this computer, with further members. Returns the
    /// request, and the URL that the browser opens.
    pub(crate) async fn begin(&self, more: &Value) -> (String, String) {
        let mut body = json!({ "mode": "here", "port": self.port });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let begun = ok(self.post("/api/auth/browser", &body).await).await;
        (text(&begun, "request").to_owned(), text(&begun, "url").to_owned())
    }

    /// Ends a sign-in with the result that the browser delivers.
    pub(crate) async fn finish(&self, request: &str) -> Value {
        ok(self.finish_with(request, &self.result().await).await).await
    }

    /// Tries to end a sign-in with a result.
    pub(crate) async fn finish_with(&self, request: &str, result: &str) -> Response {
        self.post("/api/auth/browser/finish", &json!({ "request": request, "result": result })).await
    }

    /// How a request stands.
    pub(crate) async fn poll(&self, request: &str) -> Response {
        self.post("/api/auth/browser/poll", &json!({ "request": request })).await
    }

    /// The state of a request that is there.
    pub(crate) async fn state(&self, request: &str) -> String {
        text(&ok(self.poll(request).await).await, "state").to_owned()
    }
}

/// Answers a connection of the browser, and passes the result on.
async fn receive(mut connection: TcpStream, results: UnboundedSender<String>) {
    let line = request_line(&mut connection).await;
    let page =
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 4\r\nconnection: close\r\n\r\nDone";
    let _ = connection.write_all(page.as_bytes()).await;
    // Not the icon of the page.
    if let Some((_, rest)) = line.split_once("&result=") {
        let _ = results.send(rest.split(' ').next().unwrap().to_owned());
    }
}

/// The first line of a request.
pub(crate) async fn request_line(connection: &mut TcpStream) -> String {
    let mut bytes = vec![0; 4096];
    let length = connection.read(&mut bytes).await.unwrap_or_default();
    String::from_utf8_lossy(&bytes[..length]).lines().next().unwrap_or_default().to_owned()
}
