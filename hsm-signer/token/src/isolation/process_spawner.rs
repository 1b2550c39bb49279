//! The thread that starts children.
//!
//! The kernel ends a child when the *thread* that started it ends (PR_SET_PDEATHSIG), so
//! this thread lives as long as the token does.

use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, Sender, channel};

type SpawnRequest = (Command, Sender<std::io::Result<Child>>);

#[derive(Debug)]
pub(super) struct ProcessSpawner(Sender<SpawnRequest>);

impl ProcessSpawner {
    pub fn new() -> std::io::Result<Self> {
        let (requests, waiting): (_, Receiver<SpawnRequest>) = channel();
        let thread = std::thread::Builder::new().name("module processes".into());
        thread.spawn(move || {
            for (mut command, answer) in waiting {
                let spawned = command.spawn();
                // With it go the child's ends of pipes, whose closing is how its end is seen.
                drop(command);
                // Who asked may have gone; then the child is not wanted.
                if let Err(unwanted) = answer.send(spawned)
                    && let Ok(mut child) = unwanted.0
                {
                    let _ = child.kill();
                    let _ = child.wait();
                }
            }
        })?;
        Ok(Self(requests))
    }

    pub fn start(&self, command: Command) -> std::io::Result<Child> {
        let (answer, result) = channel();
        let gone = || std::io::Error::other("the thread that starts processes is gone");
        self.0.send((command, answer)).map_err(|_| gone())?;
        result.recv().map_err(|_| gone())?
    }
}
