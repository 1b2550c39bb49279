//! A socket between the two processes. Each frame is one packet, so that a frame is
//! there wholly or not at all.

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_send_buffer_size, set_socket_timeout};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags,
    SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recv, recvmsg,
    send, sendmsg, socketpair,
};
use zeroize::{Zeroize, Zeroizing};

use super::frame::FRAME_LIMIT;
use crate::error::ProcessError;

/// How often a waiting thread looks at the clock.
const TICK: Duration = Duration::from_millis(100);

/// Why there is no frame.
#[derive(Debug)]
pub(super) enum NoFrame {
    /// The deadline passed.
    Late,
    /// The other side is gone.
    Closed,
    /// The frame is longer than any should be.
    TooLong,
}

/// One end.
#[derive(Debug)]
pub(super) struct Channel {
    socket: OwnedFd,
    /// Room for one frame and a byte more, by which a longer one shows.
    buffer: Zeroizing<Vec<u8>>,
    /// How much of it the last frame took.
    used: usize,
    /// What is readable when the other process has ended: another, which a module started and left
    /// behind, may have its sockets.
    end: Option<Arc<OwnedFd>>,
}

impl Channel {
    /// The end of the process that waits with deadlines, and the other's.
    pub fn pair() -> Result<(Self, OwnedFd), ProcessError> {
        let (ours, theirs) =
            sockets().map_err(|error| ProcessError::system("making a socket", error))?;
        Ok((Self::new(ours), theirs))
    }

    /// The end at `socket`.
    pub fn new(socket: OwnedFd) -> Self {
        Self {
            socket,
            buffer: Zeroizing::new(vec![0; FRAME_LIMIT + 1]),
            used: 0,
            end: None,
        }
    }

    /// Takes the end of the other process, as `end` shows it, for the end of the channel.
    pub fn ending_with(self, end: Option<Arc<OwnedFd>>) -> Self {
        Self { end, ..self }
    }

    pub fn send(&self, frame: &[u8], deadline: Option<Instant>) -> Result<(), NoFrame> {
        if frame.len() > FRAME_LIMIT {
            return Err(NoFrame::TooLong);
        }
        patiently(deadline, || send(&self.socket, frame, SendFlags::NOSIGNAL)).map(drop)
    }

    /// Sends a frame and, with it, an open socket.
    pub fn send_with(&self, frame: &[u8], socket: BorrowedFd<'_>) -> Result<(), NoFrame> {
        let sockets = [socket];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        if !ancillary.push(SendAncillaryMessage::ScmRights(&sockets)) {
            return Err(NoFrame::TooLong);
        }
        let frame = [IoSlice::new(frame)];
        sendmsg(&self.socket, &frame, &mut ancillary, SendFlags::NOSIGNAL)
            .map(drop)
            .map_err(|_| NoFrame::Closed)
    }

    /// The next frame; it is wiped when the one after it comes.
    pub fn receive(&mut self, deadline: Option<Instant>) -> Result<&[u8], NoFrame> {
        self.wipe();
        if let Some(deadline) = deadline {
            self.wait(deadline)?;
        }
        let length = patiently(deadline, || {
            recv(&self.socket, self.buffer.as_mut_slice(), RecvFlags::empty())
                .map(|(length, _)| length)
        })?;
        self.frame(length)
    }

    /// The next frame, and the socket that came with it, if any.
    pub fn receive_with(&mut self) -> Result<(&[u8], Option<OwnedFd>), NoFrame> {
        self.wipe();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let received = patiently(None, || {
            let mut room = [IoSliceMut::new(self.buffer.as_mut_slice())];
            recvmsg(
                &self.socket,
                &mut room,
                &mut ancillary,
                RecvFlags::CMSG_CLOEXEC,
            )
        })?;
        if received.flags.contains(ReturnFlags::TRUNC) {
            return Err(NoFrame::TooLong);
        }
        let socket = ancillary.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut sockets) => sockets.next(),
            _ => None,
        });
        Ok((self.frame(received.bytes)?, socket))
    }

    /// Waits until there is something to receive, or the other side is gone.
    fn wait(&self, deadline: Instant) -> Result<(), NoFrame> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let left = Timespec::try_from(left).map_err(|_| NoFrame::Late)?;
            let end = self.end.as_deref();
            let both = [Some(&self.socket), end].into_iter().flatten();
            let mut both: Vec<_> = both.map(|one| PollFd::new(one, PollFlags::IN)).collect();
            match poll(&mut both, Some(&left)) {
                Ok(0) => return Err(NoFrame::Late),
                // What it said last is there already.
                Ok(_) if both[0].revents().is_empty() => return Err(NoFrame::Closed),
                Ok(_) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(_) => return Err(NoFrame::Closed),
            }
        }
    }

    fn wipe(&mut self) {
        self.buffer[..self.used].zeroize();
        self.used = 0;
    }

    fn frame(&mut self, length: usize) -> Result<&[u8], NoFrame> {
        self.used = length.min(self.buffer.len());
        match length {
            0 => Err(NoFrame::Closed),
            length => self.buffer[..FRAME_LIMIT]
                .get(..length)
                .ok_or(NoFrame::TooLong),
        }
    }
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn sockets() -> Result<(OwnedFd, OwnedFd), Errno> {
    let (ours, theirs) = socketpair(
        AddressFamily::UNIX,
        SocketType::SEQPACKET,
        SocketFlags::CLOEXEC,
        None,
    )?;
    for socket in [&ours, &theirs] {
        set_socket_send_buffer_size(socket, 2 * FRAME_LIMIT)?;
    }
    for direction in [Timeout::Recv, Timeout::Send] {
        set_socket_timeout(&ours, direction, Some(TICK))?;
    }
    Ok((ours, theirs))
}

/// Tries until it is done or the deadline has passed; each try takes a [`TICK`] at most.
fn patiently<T>(
    deadline: Option<Instant>,
    mut attempt: impl FnMut() -> Result<T, Errno>,
) -> Result<T, NoFrame> {
    loop {
        match attempt() {
            Ok(done) => return Ok(done),
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(_) => return Err(NoFrame::Closed),
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(NoFrame::Late);
        }
    }
}
