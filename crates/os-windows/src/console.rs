//! The console of the program that started this one. A program with windows has no console of its
//! own, so that what it prints is lost.

use std::fs::OpenOptions;
use std::io;
use std::os::windows::io::{IntoRawHandle as _, RawHandle};

use windows_sys::Win32::Foundation::{ERROR_ACCESS_DENIED, INVALID_HANDLE_VALUE};
use windows_sys::Win32::Storage::FileSystem::{FILE_TYPE_UNKNOWN, GetFileType};
use windows_sys::Win32::System::Console::{
    ATTACH_PARENT_PROCESS, AttachConsole, GetStdHandle, STD_ERROR_HANDLE, STD_HANDLE, STD_OUTPUT_HANDLE,
    SetStdHandle,
};

/// Uses the console of the program that started this one, for standard output and standard error,
/// unless they are redirected: a file or a pipe stays in use. Returns whether there is a console,
/// also if this process had one before.
///
/// Call it first in `main`. The standard library asks the system for the streams at each write, so
/// that a later call works too.
pub fn attach_to_parent() -> bool {
    let streams = [STD_OUTPUT_HANDLE, STD_ERROR_HANDLE].map(|stream| (stream, redirected_to(stream)));
    #[allow(unsafe_code, reason = "no safe, maintained crate attaches a console")]
    // SAFETY: takes a number, and changes no memory of this process.
    let attached = unsafe { AttachConsole(ATTACH_PARENT_PROCESS) } != 0;
    if !attached {
        // This process has a console already, whose streams are in use.
        return io::Error::last_os_error().raw_os_error() == Some(ERROR_ACCESS_DENIED.cast_signed());
    }
    for (stream, redirected) in streams {
        // Attaching can replace the streams, also those that are redirected.
        let handle = redirected.or_else(open_console);
        if let Some(handle) = handle {
            use_for(stream, handle);
        }
    }
    true
}

/// The file or pipe that the stream is redirected to.
fn redirected_to(stream: STD_HANDLE) -> Option<RawHandle> {
    #[allow(unsafe_code, reason = "the standard library does not say whether a stream is in use")]
    // SAFETY: takes a number; the handle that it returns is not closed here.
    let handle = unsafe { GetStdHandle(stream) };
    if handle.is_null() || handle == INVALID_HANDLE_VALUE {
        return None;
    }
    #[allow(unsafe_code, reason = "the standard library does not say whether a handle is open")]
    // SAFETY: a handle that is not open is allowed: the type is unknown then.
    let kind = unsafe { GetFileType(handle) };
    (kind != FILE_TYPE_UNKNOWN).then_some(handle)
}

/// Opens the console for writing. The handle stays open while the process runs.
fn open_console() -> Option<RawHandle> {
    let console = OpenOptions::new().read(true).write(true).open("CONOUT$").ok()?;
    Some(console.into_raw_handle())
}

fn use_for(stream: STD_HANDLE, handle: RawHandle) {
    #[allow(unsafe_code, reason = "the standard library cannot replace a stream")]
    // SAFETY: the handle is open, and is closed by nothing while the process runs. If the call
    // fails, the stream stays as it is.
    unsafe {
        SetStdHandle(stream, handle);
    }
}
