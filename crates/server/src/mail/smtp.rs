//! A connection to the SMTP server (RFC 5321), step by step, so that each failure has its own name,
//! and each step its deadline. Nothing is said before TLS where TLS is asked for but the greeting.

use std::error::Error as _;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::error::{Reply, SendError, Step};
use crate::settings::{MailSettings, SmtpSecurity, SmtpUrl};

/// Deadline of a step.
const STEP: Duration = Duration::from_secs(30);

/// Deadline of the lookup, and of the connection to one address.
const CONNECT: Duration = Duration::from_secs(10);

/// Deadline of the message: a server may look for viruses before it answers.
const MESSAGE: Duration = Duration::from_secs(60);

/// What can be wrong with the files of the settings.
#[derive(Debug, thiserror::Error)]
pub enum SmtpFilesError {
    /// The authorities cannot be read.
    #[error("mail.ca_file cannot be read: {0}")]
    CaFile(io::Error),
    /// There is no certificate in the file.
    #[error("there is no certificate in PEM form in mail.ca_file")]
    NoCertificate,
    /// The TLS library does not accept them.
    #[error("TLS cannot be spoken with the certificate authorities of mail.ca_file or of the system: {0}")]
    Tls(Error),
}

/// How to connect.
pub(super) struct Smtp {
    url: SmtpUrl,
    password: Password,
    tls: Option<TlsParameters>,
    hello: ClientId,
}

enum Password {
    None,
    Known(SecretString),
    /// Read again for each connection, so that a new one needs no restart.
    File(std::path::PathBuf),
}

impl Smtp {
    /// `None` if no server is set.
    pub(super) fn new(settings: &MailSettings) -> Result<Option<Self>, SmtpFilesError> {
        let Some(url) = settings.smtp_url.clone() else { return Ok(None) };
        let password = match (&settings.password, &url.password, &settings.password_file) {
            (Some(password), ..) | (_, Some(password), _) => Password::Known(password.clone()),
            (.., Some(file)) => Password::File(file.clone()),
            _ => Password::None,
        };
        let tls = match url.security {
            SmtpSecurity::Plain => None,
            SmtpSecurity::StartTls | SmtpSecurity::Tls => {
                Some(tls_parameters(&url.host, settings.ca_file.as_deref())?)
            }
        };
        Ok(Some(Self { url, password, tls, hello: ClientId::default() }))
    }

    /// Checks that the password can be read.
    pub(super) fn check(&self) -> Result<(), SendError> {
        self.credentials().map(drop)
    }

    /// Connects, begins TLS and logs in.
    pub(super) async fn connect(&self) -> Result<Connection, SendError> {
        let credentials = self.credentials()?;
        let place = format!("{}:{}", self.url.host, self.url.port);
        let addresses = self.addresses().await?;
        let mut smtp = match (&self.url.security, &self.tls) {
            (SmtpSecurity::Tls, Some(tls)) => {
                let connecting = AsyncSmtpConnection::connect_tokio1(
                    addresses.as_slice(),
                    Some(CONNECT),
                    &self.hello,
                    Some(tls.clone()),
                    None,
                );
                let connected =
                    timeout(STEP, connecting).await.map_err(|_| SendError::TimedOut(Step::Tls))?;
                connected.map_err(|error| not_connected(place, &error))?
            }
            _ => {
                let stream = tcp(&addresses, &place).await?;
                let greeting = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &self.hello);
                step(Step::Greeting, greeting, SendError::Greeting).await?
            }
        };
        if let (SmtpSecurity::StartTls, Some(tls)) = (&self.url.security, &self.tls) {
            if !smtp.can_starttls() {
                smtp_quit(&mut smtp).await;
                return Err(SendError::StartTlsMissing);
            }
            let begun = timeout(STEP, smtp.starttls(tls.clone(), &self.hello)).await;
            let begun = begun.map_err(|_| SendError::TimedOut(Step::Tls))?;
            begun.map_err(|error| tls_failed(&error, SendError::StartTlsRefused))?;
        }
        if let Some(credentials) = credentials {
            if smtp.server_info().get_auth_mechanism(DEFAULT_MECHANISMS).is_none() {
                smtp_quit(&mut smtp).await;
                return Err(SendError::LoginMissing);
            }
            let login = smtp.auth(DEFAULT_MECHANISMS, &credentials);
            step(Step::Login, login, SendError::LoginRefused).await?;
        }
        Ok(Connection { smtp })
    }

    fn credentials(&self) -> Result<Option<Credentials>, SendError> {
        let Some(user) = self.url.user.clone() else { return Ok(None) };
        let password = match &self.password {
            Password::None => return Ok(None),
            Password::Known(password) => password.expose_secret().to_owned(),
            Password::File(file) => {
                let text = std::fs::read_to_string(file).map_err(SendError::Password)?;
                text.trim_end_matches(['\r', '\n']).to_owned()
            }
        };
        Ok(Some(Credentials::new(user, password)))
    }

    async fn addresses(&self) -> Result<Vec<SocketAddr>, SendError> {
        let looked_up = timeout(CONNECT, lookup_host((self.url.host.as_str(), self.url.port))).await;
        let found = looked_up.map_err(|_| SendError::TimedOut(Step::Lookup))?;
        let addresses: Vec<_> = found.map(Iterator::collect).unwrap_or_default();
        if addresses.is_empty() {
            return Err(SendError::NameNotFound { host: self.url.host.clone() });
        }
        Ok(addresses)
    }
}

/// A connection that mails can be sent on.
pub(super) struct Connection {
    smtp: AsyncSmtpConnection,
}

impl Connection {
    /// Names sender and recipient.
    pub(super) async fn envelope(&mut self, from: &Address, to: &Address) -> Result<(), SendError> {
        let is_ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
        let parameters = match (is_ascii(from) && is_ascii(to), self.knows_utf8()) {
            (true, _) => Vec::new(),
            (false, true) => vec![MailParameter::SmtpUtfEight],
            (false, false) => return Err(SendError::NoUtf8Address),
        };
        let sender = self.smtp.command(Mail::new(Some(from.clone()), parameters));
        step(Step::Sender, sender, SendError::SenderRefused).await?;
        let recipient = self.smtp.command(Rcpt::new(to.clone(), Vec::new()));
        step(Step::Recipient, recipient, SendError::RecipientRefused).await.map(drop)
    }

    /// Sends the message. If it was not taken for certain, it may have been.
    pub(super) async fn message(&mut self, bytes: &[u8]) -> Result<(), SendError> {
        step(Step::Message, self.smtp.command(Data), SendError::MessageRefused).await?;
        let sent = timeout(MESSAGE, self.smtp.message(bytes)).await;
        let sent = sent.map_err(|_| SendError::TimedOut(Step::Message))?;
        sent.map(drop).map_err(|error| refusal(&error, Step::Message, SendError::MessageRefused))
    }

    /// Forgets sender and recipient, so that another mail can be sent. Returns whether it can.
    pub(super) async fn reset(&mut self) -> bool {
        timeout(STEP, self.smtp.command(Rset)).await.is_ok_and(|reset| reset.is_ok())
    }

    /// Says good-bye.
    pub(super) async fn quit(mut self) {
        smtp_quit(&mut self.smtp).await;
    }

    fn knows_utf8(&self) -> bool {
        self.smtp.server_info().supports_feature(Extension::SmtpUtfEight)
    }
}

async fn smtp_quit(smtp: &mut AsyncSmtpConnection) {
    // A server that does not answer delays nothing else.
    let _ = timeout(Duration::from_secs(2), smtp.quit()).await;
}

/// Reads the certificate authorities.
fn tls_parameters(host: &str, ca_file: Option<&Path>) -> Result<TlsParameters, SmtpFilesError> {
    let mut parameters = TlsParameters::builder(host.to_owned());
    if let Some(file) = ca_file {
        let pem = std::fs::read(file).map_err(SmtpFilesError::CaFile)?;
        if !matches!(CertificateDer::pem_slice_iter(&pem).next(), Some(Ok(_))) {
            return Err(SmtpFilesError::NoCertificate);
        }
        let certificates = Certificate::from_pem(&pem).map_err(|_| SmtpFilesError::NoCertificate)?;
        parameters = parameters.certificate_store(CertificateStore::None).add_root_certificate(certificates);
    }
    parameters.build().map_err(SmtpFilesError::Tls)
}

/// Connects to the first address that answers.
async fn tcp(addresses: &[SocketAddr], place: &str) -> Result<TcpStream, SendError> {
    let mut failure = SendError::TimedOut(Step::Connect);
    for address in addresses {
        match timeout(CONNECT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => failure = unreachable_place(place.to_owned(), error),
            Err(_) => failure = SendError::TimedOut(Step::Connect),
        }
    }
    Err(failure)
}

/// Why a connection that begins with TLS was not made.
fn not_connected(place: String, error: &Error) -> SendError {
    if find::<rustls::Error>(error).is_some() {
        return tls_failed(error, SendError::Greeting);
    }
    match find::<io::Error>(error).map(io::Error::kind) {
        Some(kind) if !error.is_response() && error.status().is_none() => {
            unreachable_place(place, kind.into())
        }
        _ => refusal(error, Step::Greeting, SendError::Greeting),
    }
}

fn unreachable_place(place: String, source: io::Error) -> SendError {
    match source.kind() {
        io::ErrorKind::ConnectionRefused => SendError::Refused { place },
        io::ErrorKind::TimedOut => SendError::TimedOut(Step::Connect),
        io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe => {
            SendError::Broken(Step::Connect)
        }
        _ => SendError::Unreachable { place, source },
    }
}

/// Waits for a step, and names its failure.
async fn step<T>(
    step: Step,
    work: impl Future<Output = Result<T, Error>>,
    refused: impl FnOnce(Reply) -> SendError,
) -> Result<T, SendError> {
    let done = timeout(STEP, work).await.map_err(|_| SendError::TimedOut(step))?;
    done.map_err(|error| refusal(&error, step, refused))
}

/// A reply of the server, or none.
fn refusal(error: &Error, step: Step, refused: impl FnOnce(Reply) -> SendError) -> SendError {
    match error.status() {
        Some(code) => {
            let text = error.source().map(ToString::to_string).unwrap_or_default();
            refused(Reply { code: code.into(), text })
        }
        None => SendError::Broken(step),
    }
}

fn tls_failed(error: &Error, refused: impl FnOnce(Reply) -> SendError) -> SendError {
    match find::<rustls::Error>(error) {
        Some(rustls::Error::InvalidCertificate(reason)) => SendError::Certificate(reason.to_string()),
        Some(error) => SendError::Tls(error.to_string()),
        None => refusal(error, Step::Tls, refused),
    }
}

/// The cause of a type, also inside the errors of I/O, which do not count as sources themselves.
fn find<T: std::error::Error + 'static>(error: &Error) -> Option<&T> {
    let mut next = error.source();
    while let Some(cause) = next {
        let inner = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        let found = cause.downcast_ref().or_else(|| inner.and_then(|inner| inner.downcast_ref()));
        if found.is_some() {
            return found;
        }
        next = cause.source();
    }
    None
}
