//! The last responses of the API, for use while the server is unreachable. Each is sealed like the
//! session, and names its session and its request. Refuses to return a response to another session
//! or request.

mod cached_response;
mod entry;
mod files;

pub use cached_response::CachedResponse;
pub(crate) use entry::{CacheEntry, name_of};
pub use files::OfflineCache;
