//! Sees to it that nothing of a cluster outlives the rehearsal, even one that is killed without a word: Patroni
//! would go on for ever, and start PostgreSQL again.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

/// Waits until its input ends, which is when the rehearsal has ended, however it did. Then it kills, by their
/// numbers, the processes that work in the directory ($1), and removes that and the namespaces ($2 ...).
const SCRIPT: &str = r#"
trap '' INT TERM HUP
cat >/dev/null
dir=$1; shift
for round in 1 2 3 4 5 6 7 8 9 10; do
  for process in /proc/[0-9]*; do
    case "$(readlink "$process/cwd" 2>/dev/null)" in
      "$dir"/*) kill -KILL "${process#/proc/}" 2>/dev/null; left=1 ;;
    esac
  done
  [ -n "$left" ] || break
  left=""; sleep 0.1
done
for namespace in "$@"; do ip netns del "$namespace" 2>/dev/null; done
rm -rf "$dir"
"#;

/// A shell that waits for the end of the rehearsal.
#[derive(Debug)]
pub struct Guard {
    shell: Child,
}

impl Guard {
    /// Watches over everything that works in `dir`, and over namespaces.
    ///
    /// # Errors
    /// There is no shell.
    pub fn over(dir: &Path, namespaces: &[String]) -> Result<Guard> {
        let shell = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "guard"])
            .arg(dir)
            .args(namespaces)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot run /bin/sh")?;
        Ok(Guard { shell })
    }
}

impl Drop for Guard {
    /// The end of its input wakes it; what is left for it is gone before this returns.
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::child::Call;

    #[tokio::test]
    async fn what_works_in_the_directory_ends_with_the_guard() {
        let dir = tempfile::tempdir().unwrap();
        let (inside, log) = (dir.path().join("cluster/n1"), dir.path().join("log"));
        std::fs::create_dir_all(&inside).unwrap();
        let sleep = Call::new("/bin/sleep".into(), log).arg("60");
        let mut server = sleep.in_dir(&inside).start().unwrap();
        let guard = Guard::over(&dir.path().join("cluster"), &[]).unwrap();
        assert!(server.is_running().unwrap());
        drop(guard);
        assert!(!server.wait().await.unwrap().success());
        assert!(!inside.exists());
    }
}
