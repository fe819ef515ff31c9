//! What systemd, or another program that starts this one in the same way, gives and asks: a socket
//! that listens already (sd_listen_fds(3)), the news that the server is ready or stops
//! (sd_notify(3)), and signs of life. Without its variables nothing happens.

use std::io;

use latchkey_server::Passed;

/// The socket that was passed on, if there is one.
///
/// # Errors
/// Returns an error if it is neither of TCP nor a Unix socket, or if there are several.
#[cfg(unix)]
pub(super) fn listener() -> io::Result<Option<Passed>> {
    let mut passed = listenfd::ListenFd::from_env();
    match passed.len() {
        0 => Ok(None),
        1 => match passed.take_unix_listener(0) {
            Ok(socket) => Ok(socket.map(Passed::Unix)),
            // It is still there.
            Err(_) => Ok(passed.take_tcp_listener(0)?.map(Passed::Tcp)),
        },
        _ => Err(io::Error::other("more than one socket was passed on")),
    }
}

#[cfg(not(unix))]
pub(super) fn listener() -> io::Result<Option<Passed>> {
    Ok(None)
}

/// Says that the server responds.
pub(super) fn ready() {
    notify::ready();
}

/// Says that the server stops.
pub(super) fn stopping() {
    notify::stopping();
}

/// Gives signs of life as often as asked, from the threads that serve requests. Never ends.
pub(super) async fn stay_alive() {
    match notify::interval() {
        // Half of the time after which it counts as dead (sd_watchdog_enabled(3)).
        Some(limit) => {
            let mut signs = tokio::time::interval(limit / 2);
            loop {
                signs.tick().await;
                notify::alive();
            }
        }
        None => std::future::pending().await,
    }
}

#[cfg(target_os = "linux")]
mod notify {
    use std::time::Duration;

    use sd_notify::NotifyState;

    // Whether the news arrive is the matter of the one who asked for them.

    pub(super) fn ready() {
        let _ = sd_notify::notify(&[NotifyState::Ready]);
    }

    pub(super) fn stopping() {
        let _ = sd_notify::notify(&[NotifyState::Stopping]);
    }

    pub(super) fn alive() {
        let _ = sd_notify::notify(&[NotifyState::Watchdog]);
    }

    pub(super) fn interval() -> Option<Duration> {
        sd_notify::watchdog_enabled().filter(|limit| !limit.is_zero())
    }
}

#[cfg(not(target_os = "linux"))]
mod notify {
    use std::time::Duration;

    pub(super) fn ready() {}

    pub(super) fn stopping() {}

    pub(super) fn alive() {}

    pub(super) fn interval() -> Option<Duration> {
        None
    }
}
