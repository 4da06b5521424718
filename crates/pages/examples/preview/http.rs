//! As much of HTTP/1.1 as a preview needs: one request a connection, bounded.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use companions::Logo;
use pages::{Form, Page};

const HEAD_BYTES_MAX: u64 = 16 << 10;
const BODY_BYTES_MAX: u64 = 4 << 10;

/// A request, read whole.
pub(crate) struct Request {
    pub(crate) method: String,
    target: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    pub(crate) fn query(&self) -> Form {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        Form::parse(query.as_bytes()).unwrap_or_else(|_| empty_form())
    }

    pub(crate) fn form(&self) -> Form {
        Form::parse(&self.body).unwrap_or_else(|_| empty_form())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

fn empty_form() -> Form {
    Form::parse(b"").expect("an empty form has no fault")
}

/// An answer: status, headers, body.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(content_type: &str, body: String) -> Answer {
        Answer {
            status: 200,
            headers: vec![header("content-type", content_type)],
            body: body.into_bytes(),
        }
    }
}

/// A page with its own headers; `cache_control` is the surface's.
pub(crate) fn page(page: Page, cache_control: &str) -> Answer {
    let mut answer = Answer::text("text/html; charset=utf-8", page.html);
    answer.status = page.status;
    answer
        .headers
        .push(header("content-security-policy", page.csp));
    answer.headers.push(header("cache-control", cache_control));
    if let Some(seconds) = page.retry_after_s {
        answer
            .headers
            .push(header("retry-after", &seconds.to_string()));
    }
    answer
}

/// A page of results as the tally sends it: compressed, with the tally's quality and window.
pub(crate) fn compressed(mut answer: Answer, request: &Request) -> Answer {
    let accepted = request.header("accept-encoding").unwrap_or_default();
    if accepted.split(',').any(|coding| coding.trim() == "br") {
        let parameters = brotli::enc::BrotliEncoderParams {
            quality: 5,
            ..Default::default()
        };
        let mut packed = Vec::new();
        brotli::BrotliCompress(&mut &answer.body[..], &mut packed, &parameters)
            .expect("a Vec takes all");
        answer.body = packed;
        answer.headers.push(header("content-encoding", "br"));
    }
    answer
}

/// An embedded asset in the best encoding.
pub(crate) fn asset(name: &str, request: &Request) -> Answer {
    let Some(asset) = pages::asset(name) else {
        return Answer {
            status: 404,
            ..Answer::text("text/plain", "no such asset".to_owned())
        };
    };
    let (body, encoding) = asset.encoded(request.header("accept-encoding"));
    let mut headers = vec![
        header("content-type", asset.content_type),
        header("cache-control", pages::ASSET_CACHE_CONTROL),
        header("vary", "accept-encoding"),
    ];
    headers.extend(encoding.map(|coding| header("content-encoding", coding)));
    Answer {
        status: 200,
        headers,
        body: body.to_vec(),
    }
}

/// The authority's logo, as programs serve it.
pub(crate) fn logo(logo: &Logo) -> Answer {
    let headers = pages::LOGO_HEADERS.iter();
    Answer {
        status: 200,
        headers: headers.map(|(name, value)| header(name, value)).collect(),
        body: logo.to_svg().to_vec(),
    }
}

fn header(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// Reads one request, answers it, closes. A broken connection is nobody's fault here.
pub(crate) fn serve(stream: TcpStream, answer: impl Fn(&Request) -> Answer) {
    let timeout = Some(Duration::from_secs(5));
    let _ = stream.set_read_timeout(timeout);
    if let Some(request) = read(&stream) {
        let _ = write(stream, &answer(&request));
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut head = BufReader::new(stream).take(HEAD_BYTES_MAX);
    let mut line = String::new();
    head.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        line.clear();
        head.read_line(&mut line).ok()?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => {
                headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
            }
            None => break,
        }
    }
    let mut request = Request {
        method,
        target,
        headers,
        body: Vec::new(),
    };
    let length = request
        .header("content-length")
        .map_or(Ok(0), str::parse::<u64>)
        .ok()?;
    head.set_limit(length.min(BODY_BYTES_MAX));
    head.read_to_end(&mut request.body).ok()?;
    Some(request)
}

fn write(mut stream: TcpStream, answer: &Answer) -> std::io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 {} -\r\nconnection: close\r\n",
        answer.status
    )?;
    for (name, value) in pages::SECURITY_HEADERS {
        write!(stream, "{name}: {value}\r\n")?;
    }
    for (name, value) in &answer.headers {
        write!(stream, "{name}: {value}\r\n")?;
    }
    write!(stream, "content-length: {}\r\n\r\n", answer.body.len())?;
    stream.write_all(&answer.body)
}
