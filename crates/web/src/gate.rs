//! Who is let in: the right token, the right Host, no foreign Origin.
//!
//! A page of another site in the same browser can send requests to this server, and by DNS rebinding even under
//! a name of its own. It has neither the token nor the Host, and its Origin gives it away.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};

use crate::error::Refusal;
use crate::identifier::random_hex;

/// What a browser may load and run on our pages: what comes from here.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; \
    media-src 'self' blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; frame-ancestors 'none'; \
    base-uri 'none'; form-action 'none'";

/// What is shown to a browser without the token.
const CLOSED: &str = "<!doctype html><html lang=en><meta charset=utf-8><title>Vivant</title>\
    <p>This studio opens with the address that the terminal shows, token and all: copy it from there.</p>\
    <p lang=de>Dieses Studio öffnet sich mit der Adresse, die im Terminal steht, samt Schlüssel.</p>";

/// The keys of one run of the server.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    token: String,
    cookie: String,
    hosts: Vec<String>,
}

impl Gate {
    /// A gate with a new token, for a server on this port that these names may call.
    pub(crate) fn new(port: u16, names: &[String]) -> Self {
        let own = ["127.0.0.1", "localhost", "[::1]"].map(str::to_owned);
        let names = own.iter().chain(names);
        let hosts = names.flat_map(|name| {
            let with_port = format!("{}:{port}", name.to_ascii_lowercase());
            // a name with a port of its own is one that a container or proxy publishes
            let has_port = name
                .rsplit_once(':')
                .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
            if has_port {
                vec![name.to_ascii_lowercase()]
            } else {
                vec![with_port]
            }
        });
        Self {
            token: random_hex::<32>(),
            // cookies are shared by all ports of a host
            cookie: format!("vivant-{port}"),
            hosts: hosts.collect(),
        }
    }

    /// The token, for the address that the user opens.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    fn is_host(&self, host: &str) -> bool {
        self.hosts
            .iter()
            .any(|known| known.eq_ignore_ascii_case(host))
    }

    /// Refuse requests that came here by another name, or from another site.
    fn check_place(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
        let text =
            |name: header::HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
        let forbidden =
            |code, message: &str| Err(Refusal::new(StatusCode::FORBIDDEN, code, message));
        if !text(header::HOST).is_some_and(|host| self.is_host(host)) {
            return forbidden("host", "this server answers to its own address alone");
        }
        let origin = text(header::ORIGIN).map(|origin| {
            origin
                .strip_prefix("http://")
                .or_else(|| origin.strip_prefix("https://"))
                .is_some_and(|host| self.is_host(host))
        });
        if origin == Some(false) {
            return forbidden("origin", "requests from other sites are refused");
        }
        let site = headers
            .get("sec-fetch-site")
            .and_then(|value| value.to_str().ok());
        let is_opening = *method == Method::GET && uri.path() == "/";
        if matches!(site, Some("cross-site" | "same-site")) && !is_opening {
            return forbidden("origin", "requests from other sites are refused");
        }
        Ok(())
    }

    /// Whether the request carries the token, in a cookie or as a bearer.
    fn is_known(&self, headers: &HeaderMap) -> bool {
        let bearer = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "));
        let cookies = headers.get_all(header::COOKIE).iter();
        let cookies = cookies.filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|value| value.split(';'));
        let from_cookie = pairs.find_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            (name == self.cookie).then_some(value)
        });
        [bearer, from_cookie]
            .into_iter()
            .flatten()
            .any(|given| is_same(given, &self.token))
    }

    /// The token in the address, where the start page is opened with it.
    fn opens(&self, method: &Method, uri: &Uri) -> bool {
        let given = uri.query().and_then(|query| {
            let mut pairs = query.split('&');
            pairs.find_map(|pair| pair.strip_prefix("token="))
        });
        *method == Method::GET
            && uri.path() == "/"
            && given.is_some_and(|given| is_same(given, &self.token))
    }

    /// Send the browser on to the bare address, with the token in a cookie.
    fn welcome(&self) -> Response {
        let cookie = format!(
            "{}={}; Path=/; HttpOnly; SameSite=Strict",
            self.cookie, self.token
        );
        let headers = [
            (header::LOCATION, "/".to_owned()),
            (header::SET_COOKIE, cookie),
        ];
        (StatusCode::SEE_OTHER, headers).into_response()
    }
}

/// Compare without telling by the time taken how much is right.
fn is_same(given: &str, wanted: &str) -> bool {
    let pairs = given.bytes().zip(wanted.bytes());
    let difference = pairs.fold(0, |sum, (one, other)| sum | (one ^ other));
    given.len() == wanted.len() && difference == 0
}

/// Let a request through, or refuse it; every answer is told what it may do in a browser.
pub(crate) async fn guard(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let mut response = match gate.check_place(&method, &uri, request.headers()) {
        Err(refusal) => refusal.into_response(),
        Ok(()) if gate.opens(&method, &uri) => gate.welcome(),
        Ok(()) if gate.is_known(request.headers()) => next.run(request).await,
        Ok(()) if uri.path() == "/" => (StatusCode::UNAUTHORIZED, Html(CLOSED)).into_response(),
        Ok(()) => Refusal::new(
            StatusCode::UNAUTHORIZED,
            "token",
            "open the address that the terminal shows, or send its token as `Authorization: Bearer TOKEN`",
        )
        .into_response(),
    };
    protect(&mut response);
    response
}

fn protect(response: &mut Response<Body>) {
    let headers = response.headers_mut();
    let mut set = |name: &'static str, value: &'static str| {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    };
    set("content-security-policy", POLICY);
    set("x-content-type-options", "nosniff");
    set("x-frame-options", "DENY");
    set("referrer-policy", "no-referrer");
    set("cross-origin-opener-policy", "same-origin");
    set("cross-origin-resource-policy", "same-origin");
    set(
        "permissions-policy",
        "camera=(self), microphone=(self), geolocation=()",
    );
    set("cache-control", "no-store");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            (
                header::HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            )
        });
        pairs.collect()
    }

    fn is_let_in(gate: &Gate, method: &Method, path: &str, pairs: &[(&'static str, &str)]) -> bool {
        let uri: Uri = path.parse().unwrap();
        gate.check_place(method, &uri, &headers(pairs)).is_ok()
    }

    #[test]
    fn a_foreign_host_or_origin_is_refused_and_our_own_is_not() {
        let gate = Gate::new(8890, &["studio.local".to_owned(), "box:9000".to_owned()]);
        let get =
            |pairs: &[(&'static str, &str)]| is_let_in(&gate, &Method::GET, "/api/jobs", pairs);
        assert!(get(&[("host", "127.0.0.1:8890")]));
        assert!(get(&[
            ("host", "LOCALHOST:8890"),
            ("origin", "http://localhost:8890")
        ]));
        assert!(get(&[("host", "studio.local:8890")]));
        assert!(get(&[("host", "box:9000")]));
        assert!(!get(&[]));
        assert!(!get(&[("host", "127.0.0.1:8891")]));
        assert!(!get(&[("host", "evil.example:8890")]));
        for origin in [
            "http://evil.example",
            "null",
            "http://localhost:8891",
            "file://",
        ] {
            assert!(
                !get(&[("host", "localhost:8890"), ("origin", origin)]),
                "{origin}"
            );
        }
        let foreign = [("host", "localhost:8890"), ("sec-fetch-site", "cross-site")];
        assert!(!get(&foreign));
        assert!(
            is_let_in(&gate, &Method::GET, "/", &foreign),
            "a link may open the start page"
        );
    }

    #[test]
    fn the_token_is_taken_from_cookie_and_bearer_and_nothing_near_it_is() {
        let gate = Gate::new(8890, &[]);
        let token = gate.token().to_owned();
        let known = |name, value: &str| gate.is_known(&headers(&[(name, value)]));
        assert!(known("authorization", &format!("Bearer {token}")));
        assert!(known("cookie", &format!("a=b; vivant-8890={token}")));
        assert!(!known("cookie", &format!("vivant-8891={token}")));
        assert!(!known("authorization", &format!("Bearer {}", &token[1..])));
        assert!(!known("authorization", "Bearer "));
        let uri = |text: &str| text.parse::<Uri>().unwrap();
        assert!(gate.opens(&Method::GET, &uri(&format!("/?token={token}"))));
        assert!(!gate.opens(&Method::GET, &uri(&format!("/api/jobs?token={token}"))));
        assert!(!gate.opens(&Method::POST, &uri(&format!("/?token={token}"))));
    }
}
