//! The values of attributes: read as numbers, colours and commands, and written anew in one way.

/// Largest number of a drawing, either way from 0.
const NUMBER_MAX: f64 = 100_000.0;
/// Longest side of the box in which everything is drawn.
const SIDE_MAX: f64 = 10_000.0;
/// Decimals of a coordinate: a thousandth of a step is seen by nobody.
const DECIMALS: usize = 3;
/// Decimals of a transformation, which may make large coordinates small.
const FINE_DECIMALS: usize = 6;

/// What an attribute holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Box,
    Colour,
    Commands,
    Length,
    Number,
    Points,
    Rule,
    Share,
    Transform,
}

impl Kind {
    /// The value as we write it; none where it is no such value.
    pub(super) fn rewritten(self, text: &str) -> Option<String> {
        match self {
            Kind::Box => view_box(text).map(|numbers| joined(&numbers, DECIMALS)),
            Kind::Colour => colour(text),
            Kind::Commands => commands(text),
            Kind::Length => single(text, 0.0..=NUMBER_MAX),
            Kind::Number => single(text, -NUMBER_MAX..=NUMBER_MAX),
            Kind::Points => {
                let numbers = numbers(text)?;
                let is_sound = numbers.len() >= 4 && numbers.len().is_multiple_of(2);
                is_sound.then(|| joined(&numbers, DECIMALS))
            }
            Kind::Rule => ["nonzero", "evenodd"]
                .contains(&text)
                .then(|| text.to_owned()),
            Kind::Share => single(text, 0.0..=1.0),
            Kind::Transform => transform(text),
        }
    }

    /// What people write there.
    pub(super) fn expected(self) -> &'static str {
        match self {
            Kind::Box => {
                "four numbers, the width and the height from 1 to 10000, at most four times as wide as high and twice as high as wide"
            }
            Kind::Colour => "a colour as #rgb or #rrggbb, or none",
            Kind::Commands => "commands of a path, with numbers up to 100000",
            Kind::Length => "a number from 0 to 100000, without a unit",
            Kind::Number => "a number up to 100000, without a unit",
            Kind::Points => "two points or more, with numbers up to 100000",
            Kind::Rule => "nonzero or evenodd",
            Kind::Share => "a number from 0 to 1",
            Kind::Transform => "matrix, translate, scale or rotate, with numbers up to 100000",
        }
    }
}

/// Left, top, width and height.
pub(super) fn view_box(text: &str) -> Option<[f64; 4]> {
    let numbers: [f64; 4] = numbers(text)?.try_into().ok()?;
    let [_, _, width, height] = numbers;
    let sides = 1.0..=SIDE_MAX;
    let is_sound = sides.contains(&width)
        && sides.contains(&height)
        && width <= 4.0 * height
        && height <= 2.0 * width;
    is_sound.then_some(numbers)
}

fn colour(text: &str) -> Option<String> {
    let is_colour = text.strip_prefix('#').is_some_and(|digits| {
        [3, 6].contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    });
    (is_colour || text == "none").then(|| text.to_ascii_lowercase())
}

fn single(text: &str, allowed: std::ops::RangeInclusive<f64>) -> Option<String> {
    match numbers(text)?[..] {
        [number] if allowed.contains(&number) => Some(joined(&[number], DECIMALS)),
        _ => None,
    }
}

fn numbers(text: &str) -> Option<Vec<f64>> {
    let mut rest = Rest(text);
    let all = rest.numbers()?;
    rest.is_at_end().then_some(all)
}

fn joined(numbers: &[f64], decimals: usize) -> String {
    let each = numbers.iter().map(|number| written(*number, decimals));
    each.collect::<Vec<String>>().join(" ")
}

/// One way to write a number; what is read of it is written as it stands.
fn written(number: f64, decimals: usize) -> String {
    let text = format!("{number:.decimals$}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    match text {
        "-0" => "0".to_owned(),
        text => text.to_owned(),
    }
}

/// Each command stands with its letter: `M0 0 1 1` becomes `M0 0L1 1`.
fn commands(text: &str) -> Option<String> {
    let mut rest = Rest(text);
    let mut all = String::new();
    while let Some(letter) = rest.letter() {
        let count = match letter.to_ascii_lowercase() {
            'm' | 'l' | 't' => 2,
            'h' | 'v' => 1,
            's' | 'q' => 4,
            'c' => 6,
            'a' => 7,
            'z' => 0,
            _ => return None,
        };
        if all.is_empty() && !letter.eq_ignore_ascii_case(&'m') {
            return None;
        }
        let mut command = letter;
        loop {
            let each = (0..count).map(|place| match (count, place) {
                // The two flags of an arc need nothing between them.
                (7, 3 | 4) => rest.flag(),
                _ => rest.number(),
            });
            let numbers: Vec<f64> = each.collect::<Option<_>>()?;
            all.push(command);
            all.push_str(&joined(&numbers, DECIMALS));
            if count == 0 || !rest.has_number() {
                break;
            }
            command = match command {
                'M' => 'L',
                'm' => 'l',
                other => other,
            };
        }
    }
    (rest.is_at_end() && !all.is_empty()).then_some(all)
}

fn transform(text: &str) -> Option<String> {
    let mut all = String::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, inside) = rest.split_once('(')?;
        let (inside, behind) = inside.split_once(')')?;
        let numbers = numbers(inside)?;
        let (name, count) = (name.trim_end(), numbers.len());
        let is_known = match name {
            "matrix" => count == 6,
            "translate" | "scale" => [1, 2].contains(&count),
            "rotate" => [1, 3].contains(&count),
            _ => false,
        };
        if !is_known {
            return None;
        }
        all += &format!("{name}({})", joined(&numbers, FINE_DECIMALS));
        rest = behind.trim_start_matches([' ', ',', '\t', '\n', '\r']);
    }
    (!all.is_empty()).then_some(all)
}

/// What is left of a value.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn is_at_end(&self) -> bool {
        self.0.trim_ascii().is_empty()
    }

    fn letter(&mut self) -> Option<char> {
        let rest = self.0.trim_ascii_start();
        let letter = rest.chars().next().filter(char::is_ascii_alphabetic)?;
        self.0 = &rest[1..];
        Some(letter)
    }

    fn numbers(&mut self) -> Option<Vec<f64>> {
        let mut all = Vec::new();
        while self.has_number() {
            all.push(self.number()?);
        }
        (!all.is_empty()).then_some(all)
    }

    fn has_number(&self) -> bool {
        let next = self.next();
        next.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
    }

    fn number(&mut self) -> Option<f64> {
        let rest = self.next();
        let (text, behind) = rest.split_at(length_of_number(rest));
        let number: f64 = text.parse().ok()?;
        self.0 = behind;
        (number.abs() <= NUMBER_MAX).then_some(number)
    }

    fn flag(&mut self) -> Option<f64> {
        let rest = self.next();
        let flag = match rest.as_bytes().first()? {
            b'0' => 0.0,
            b'1' => 1.0,
            _ => return None,
        };
        self.0 = &rest[1..];
        Some(flag)
    }

    /// Behind white space and one comma.
    fn next(&self) -> &'a str {
        let rest = self.0.trim_ascii_start();
        let rest = rest.strip_prefix(',').unwrap_or(rest);
        rest.trim_ascii_start()
    }
}

/// Bytes of the number at the start: sign, digits, fraction, exponent. They may be none.
fn length_of_number(text: &str) -> usize {
    let bytes = text.as_bytes();
    let sign = |at: usize| usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
    let digits = |at: usize| {
        let rest = bytes.get(at..).unwrap_or_default();
        rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let mut end = sign(0);
    end += digits(end);
    if bytes.get(end) == Some(&b'.') {
        end += 1 + digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let start = end + 1 + sign(end + 1);
        let exponent = digits(start);
        if exponent > 0 {
            end = start + exponent;
        }
    }
    end
}
