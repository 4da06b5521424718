//! What a program says to whoever started it: data on standard output, remarks on standard error,
//! and an exit status.
//!
//! Standard output is what people sign, keep or pipe into another program, so a failure to write it
//! is a failure of the command: [`failure`] tells it and ends with status 1. One failure needs no
//! words: when the reader of a pipe has gone (`tally count ... | head -1`), the program ends quietly,
//! with the status that the shell shows for a program which SIGPIPE has ended. Remarks are different:
//! where nobody can read standard error, the work goes on.
//!
//! A command that makes something and prints what nobody can ask for again (a token, a key id) prints
//! first and keeps afterwards. So a failure leaves nothing behind, and the command can be repeated. What
//! no file of the command holds either (a token) is printed with [`print_once`], which also refuses to
//! print where nobody reads.

mod count;
mod environment;
mod output;
mod status;

pub use count::count;
pub use environment::variable_faults;
pub use output::{StandardOutput, print, print_once, remark};
pub use status::{arguments, end, failure};

/// Prints one line of data on standard output, formatted as by `format!`, and flushes it.
///
/// # Errors
/// Standard output does not take it.
#[macro_export]
macro_rules! print_line {
    ($($argument:tt)*) => {
        $crate::print(format!("{}\n", format_args!($($argument)*)))
    };
}

/// Writes one line on standard error, formatted as by `format!`, as [`remark`] does.
#[macro_export]
macro_rules! note {
    ($($argument:tt)*) => {
        $crate::remark(&format!("{}\n", format_args!($($argument)*)))
    };
}
