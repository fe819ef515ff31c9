//! An SMTP server that keeps what it gets, and fails as a test says. Speaks enough of RFC 5321 for
//! a client that is to be tested: EHLO, STARTTLS, AUTH PLAIN, one recipient for each mail.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::wait_for;

/// A mail that the server has got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SunkMail {
    /// The sender of the envelope.
    pub from: String,
    /// The recipient of the envelope.
    pub to: String,
    /// Whether the connection was encrypted.
    pub is_encrypted: bool,
    /// Headers and text, as they came.
    pub raw: String,
}

impl SunkMail {
    /// The value of a header, which must be there once.
    pub fn header(&self, name: &str) -> &str {
        let headers = self.raw.split("\r\n\r\n").next().unwrap();
        let prefix = format!("{name}: ");
        let mut found = headers.split("\r\n").filter_map(|line| line.strip_prefix(&prefix));
        let value = found.next().unwrap_or_else(|| panic!("{name} is not in {headers}"));
        assert_eq!(found.next(), None, "{name} is there twice");
        value
    }

    /// The text, decoded (RFC 2045, quoted-printable).
    pub fn text(&self) -> String {
        let encoded = self.raw.split_once("\r\n\r\n").unwrap().1.replace("=\r\n", "");
        let mut bytes = Vec::new();
        let mut rest = encoded.as_bytes();
        while let [first, tail @ ..] = rest {
            if let (b'=', [high, low, tail @ ..]) = (first, tail) {
                let hex = [*high, *low];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
                rest = tail;
            } else {
                bytes.push(*first);
                rest = tail;
            }
        }
        String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
    }
}

/// What the server does instead of taking the next message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It answers so after the message.
    Answer(&'static str),
    /// It closes the connection in the middle of the message.
    Drop,
    /// It keeps the message and does not answer until [`SmtpSink::release`].
    Hold,
}

#[derive(Default)]
struct State {
    mails: Vec<SunkMail>,
    connections: usize,
    /// The answers to the next recipients.
    recipients: VecDeque<&'static str>,
    /// The answers to the next senders.
    senders: VecDeque<&'static str>,
    faults: VecDeque<Fault>,
    login: Option<(String, String)>,
    is_utf8: bool,
    tls: Option<Arc<ServerConfig>>,
    /// Whether TLS begins with the connection.
    is_tls_first: bool,
}

/// A running SMTP server. It stops when this value is dropped.
pub struct SmtpSink {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    released: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

impl SmtpSink {
    /// Starts on a free port of the loopback address, without TLS and without a login.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, state) = (listener.local_addr().unwrap(), Arc::default());
        let released = watch::Sender::new(false);
        let serving = tokio::spawn(accept(listener, Arc::clone(&state), released.clone()));
        Self { address, state, released, serving }
    }

    /// Stops it: connections are closed, and new ones refused.
    pub async fn stop(&mut self) {
        self.serving.abort();
        let _ = (&mut self.serving).await;
    }

    /// Starts a stopped server again, on the same port.
    pub async fn start_again(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.serving = tokio::spawn(accept(listener, Arc::clone(&self.state), self.released.clone()));
    }

    /// Its URL, without a login and without TLS.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Offers TLS with a certificate and its key, PEM.
    pub fn offer_tls(&self, certificate: &str, key: &str) {
        let chain = CertificateDer::pem_slice_iter(certificate.as_bytes()).map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.unwrap().with_no_client_auth().with_single_cert(chain, key).unwrap();
        self.state().tls = Some(Arc::new(config));
    }

    /// Begins TLS with the connection.
    pub fn begin_with_tls(&self) {
        self.state().is_tls_first = true;
    }

    /// Offers a login, and takes mail only after it.
    pub fn ask_for_login(&self, user: &str, password: &str) {
        self.state().login = Some((user.to_owned(), password.to_owned()));
    }

    /// Takes addresses outside ASCII (SMTPUTF8).
    pub fn take_utf8(&self) {
        self.state().is_utf8 = true;
    }

    /// Answers so to the next recipient.
    pub fn answer_recipient(&self, answer: &'static str) {
        self.state().recipients.push_back(answer);
    }

    /// Answers so to the next sender.
    pub fn answer_sender(&self, answer: &'static str) {
        self.state().senders.push_back(answer);
    }

    /// Fails so at the next message.
    pub fn fail(&self, fault: Fault) {
        self.state().faults.push_back(fault);
    }

    /// Answers to all messages that are held, now and in future.
    pub fn release(&self) {
        self.released.send_replace(true);
    }

    /// The mails until now.
    pub fn mails(&self) -> Vec<SunkMail> {
        self.state().mails.clone()
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.state().connections
    }

    /// Waits until there are `count` mails, and returns them.
    pub async fn wait_for_mails(&self, count: usize) -> Vec<SunkMail> {
        wait_for("the mails", async || Some(self.mails()).filter(|mails| mails.len() >= count)).await
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl Drop for SmtpSink {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn accept(listener: TcpListener, state: Arc<Mutex<State>>, released: watch::Sender<bool>) {
    // Aborted with this task.
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        state.lock().unwrap().connections += 1;
        connections.spawn(connect(stream, Arc::clone(&state), released.subscribe()));
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A connection. Any error ends it.
struct Connection {
    stream: BufReader<Box<dyn Stream>>,
    state: Arc<Mutex<State>>,
    is_encrypted: bool,
    is_logged_in: bool,
    from: String,
    to: String,
}

async fn connect(stream: TcpStream, state: Arc<Mutex<State>>, released: watch::Receiver<bool>) -> Option<()> {
    let is_tls_first = state.lock().unwrap().is_tls_first;
    let (from, to) = (String::new(), String::new());
    let stream = BufReader::new(Box::new(stream) as Box<dyn Stream>);
    let mut connection = Connection { stream, state, is_encrypted: false, is_logged_in: false, from, to };
    if is_tls_first {
        connection = connection.encrypt().await?;
    }
    connection.say("220 sink.example ESMTP").await?;
    loop {
        let line = connection.line().await?;
        let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => connection.offer().await?,
            "STARTTLS" => {
                connection.say("220 go ahead").await?;
                connection = connection.encrypt().await?;
            }
            "AUTH" => connection.log_in(rest).await?,
            "MAIL" => {
                let needs_login = connection.state().login.is_some() && !connection.is_logged_in;
                let answer = connection.state().senders.pop_front();
                connection.from = path(rest);
                let usual = if needs_login { "530 5.7.0 log in first" } else { "250 ok" };
                connection.say(answer.unwrap_or(usual)).await?;
            }
            "RCPT" => {
                let answer = connection.state().recipients.pop_front();
                connection.to = path(rest);
                connection.say(answer.unwrap_or("250 ok")).await?;
            }
            "DATA" => connection.message(released.clone()).await?,
            "RSET" | "NOOP" => connection.say("250 ok").await?,
            "QUIT" => {
                connection.say("221 bye").await?;
                return None;
            }
            _ => connection.say("500 unknown command").await?,
        }
    }
}

impl Connection {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    async fn say(&mut self, line: &str) -> Option<()> {
        self.stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).await.ok()?;
        self.stream.get_mut().flush().await.ok()
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let length = self.stream.read_line(&mut line).await.ok()?;
        (length > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned())
    }

    async fn encrypt(self) -> Option<Self> {
        let acceptor = TlsAcceptor::from(self.state().tls.clone()?);
        let stream = acceptor.accept(self.stream.into_inner()).await.ok()?;
        Some(Self { stream: BufReader::new(Box::new(stream)), is_encrypted: true, ..self })
    }

    async fn offer(&mut self) -> Option<()> {
        let offers = {
            let state = self.state();
            let starttls = state.tls.is_some() && !self.is_encrypted;
            [
                (starttls, "STARTTLS"),
                (state.login.is_some(), "AUTH PLAIN"),
                (state.is_utf8, "SMTPUTF8"),
                (true, "8BITMIME"),
            ]
        };
        self.say("250-sink.example").await?;
        for (_, offer) in offers.iter().filter(|(is_offered, _)| *is_offered) {
            self.say(&format!("250-{offer}")).await?;
        }
        self.say("250 SIZE 1000000").await
    }

    async fn log_in(&mut self, rest: &str) -> Option<()> {
        let expected = self.state().login.clone();
        let is_right = expected.is_some_and(|(user, password)| {
            rest == format!("PLAIN {}", STANDARD.encode(format!("\0{user}\0{password}")))
        });
        self.is_logged_in = is_right;
        self.say(if is_right { "235 welcome" } else { "535 5.7.8 wrong user or password" }).await
    }

    async fn message(&mut self, mut released: watch::Receiver<bool>) -> Option<()> {
        self.say("354 go ahead").await?;
        let fault = self.state().faults.pop_front();
        let mut raw = String::new();
        loop {
            let line = self.line().await?;
            if fault == Some(Fault::Drop) && raw.len() > 100 {
                return None;
            }
            if line == "." {
                break;
            }
            raw.push_str(line.strip_prefix('.').unwrap_or(&line));
            raw.push_str("\r\n");
        }
        if let Some(Fault::Answer(answer)) = fault {
            return self.say(answer).await;
        }
        let (from, to, is_encrypted) = (self.from.clone(), self.to.clone(), self.is_encrypted);
        self.state().mails.push(SunkMail { from, to, is_encrypted, raw });
        if fault == Some(Fault::Hold) {
            released.wait_for(|is_released| *is_released).await.ok()?;
        }
        self.say("250 taken").await
    }
}

/// The address in `FROM:<address>`.
fn path(rest: &str) -> String {
    rest.split_once('<').and_then(|(_, rest)| rest.split_once('>')).unwrap().0.to_owned()
}
