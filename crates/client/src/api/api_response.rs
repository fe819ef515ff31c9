//! A response to an app's request. Contains only headers on a closed list: cookies and the server's
//! headers about itself are left out.

use reqwest::header::{
    ALLOW, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LANGUAGE, CONTENT_TYPE, DATE, ETAG, EXPIRES,
    HeaderMap, HeaderName, LAST_MODIFIED, LINK, LOCATION, RETRY_AFTER, VARY,
};

/// The headers that an app may read.
const SHOWN: [HeaderName; 13] = [
    ALLOW,
    CACHE_CONTROL,
    CONTENT_DISPOSITION,
    CONTENT_LANGUAGE,
    CONTENT_TYPE,
    DATE,
    ETAG,
    EXPIRES,
    LAST_MODIFIED,
    LINK,
    LOCATION,
    RETRY_AFTER,
    VARY,
];

/// The server's response to an app's request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiResponse {
    /// HTTP status.
    pub status: u16,
    /// Names, in lower case, and values of the headers that an app may read.
    pub headers: Vec<(String, String)>,
    /// The body: at most 256 KiB.
    pub body: Vec<u8>,
}

impl ApiResponse {
    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as text; bytes that are not UTF-8 are replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// The headers that an app may read. A value that is not text is left out.
pub(super) fn shown(headers: &HeaderMap) -> Vec<(String, String)> {
    let visible = |name: &HeaderName| {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.map(|value| (name.as_str().to_owned(), value.to_owned())).collect::<Vec<_>>()
    };
    SHOWN.iter().flat_map(visible).collect()
}

#[cfg(test)]
mod tests {
    use reqwest::header::{SERVER, SET_COOKIE};

    use super::*;

    #[test]
    fn only_headers_on_the_list_are_shown() {
        let mut headers = HeaderMap::new();
        headers.insert(SET_COOKIE, "a=b".parse().unwrap());
        headers.insert(SERVER, "nginx".parse().unwrap());
        headers.insert("dpop-nonce", "n".parse().unwrap());
        headers.insert(ETAG, "\"1\"".parse().unwrap());
        headers.append(LINK, "</a>".parse().unwrap());
        headers.append(LINK, "</b>".parse().unwrap());
        headers.insert(LOCATION, reqwest::header::HeaderValue::from_bytes(b"\xff").unwrap());
        let shown: Vec<_> = shown(&headers).into_iter().map(|(name, _)| name).collect();
        assert_eq!(shown, ["etag", "link", "link"]);
    }
}
