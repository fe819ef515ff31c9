//! The user who runs this process.

use std::io;
use std::os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle};
use std::ptr::null_mut;

use windows_sys::Win32::Security::{GetTokenInformation, TOKEN_QUERY, TokenUser};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

use crate::sid::Sid;

/// Space for `TOKEN_USER` and the longest identifier, which has 68 bytes.
const MAX_TOKEN_USER_BYTES: u32 = 256;

/// The identifier of the user who runs this process.
pub(crate) fn current() -> io::Result<Sid> {
    let token = token()?;
    let mut words = [0_u64; MAX_TOKEN_USER_BYTES as usize / 8];
    let mut length = 0;
    #[allow(unsafe_code, reason = "no safe crate returns the user's identifier")]
    // SAFETY: the buffer is writable, aligned for `TOKEN_USER`, and has the length that is passed.
    // The handle is open until `token` is dropped.
    let succeeded = unsafe {
        GetTokenInformation(
            token.as_raw_handle(),
            TokenUser,
            words.as_mut_ptr().cast(),
            MAX_TOKEN_USER_BYTES,
            &raw mut length,
        )
    };
    if succeeded == 0 {
        return Err(io::Error::last_os_error());
    }
    // `TOKEN_USER` starts with the address of the identifier, which follows in the same buffer.
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
    let start = bytes.first_chunk().map(|first| usize::from_ne_bytes(*first));
    let offset = start.and_then(|start| start.checked_sub(words.as_ptr().addr()));
    let sid = offset.and_then(|offset| Sid::read(bytes.get(offset..)?));
    sid.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
}

fn token() -> io::Result<OwnedHandle> {
    let mut token = null_mut();
    #[allow(unsafe_code, reason = "a constant of the system, which has no safe form")]
    // SAFETY: has no arguments and cannot fail.
    let process = unsafe { GetCurrentProcess() };
    #[allow(unsafe_code, reason = "no safe crate opens the token")]
    // SAFETY: `process` is valid for as long as the process runs, and `token` is writable.
    let succeeded = unsafe { OpenProcessToken(process, TOKEN_QUERY, &raw mut token) };
    if succeeded == 0 {
        return Err(io::Error::last_os_error());
    }
    #[allow(unsafe_code, reason = "closes the handle when it is dropped")]
    // SAFETY: the call has succeeded, so that `token` is an open handle, which nothing else owns.
    Ok(unsafe { OwnedHandle::from_raw_handle(token) })
}
