//! How often a PIN is tried.

use std::sync::Mutex;

use super::*;

fn marker() -> (tempfile::TempDir, PinMarker) {
    let directory = tempfile::tempdir().unwrap();
    let pin_file = directory.path().join("pin");
    std::fs::write(&pin_file, "1234").unwrap();
    let marker = PinMarker {
        path: directory.path().join("refused"),
        pin_file,
        token: "hsm".into(),
    };
    (directory, marker)
}

/// Another process tries the PIN.
fn begin_elsewhere(marker: &PinMarker) {
    std::fs::write(&marker.path, UNFINISHED).unwrap();
}

/// How often a PIN that is refused is tried where eight want to log in at a time.
fn tries(
    marker: &PinMarker,
    log_in: impl Fn(&dyn Fn() -> Result<(), Error>) -> Result<(), Error> + Sync,
) -> usize {
    let tries = Mutex::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let refuse = || {
                    marker.begin()?;
                    *tries.lock().unwrap() += 1;
                    Err(Error::PinRefused)
                };
                log_in(&refuse).unwrap_err();
            });
        }
    });
    tries.into_inner().unwrap()
}

#[test]
fn a_refused_pin_is_tried_once_by_many() {
    let (_directory, marker) = marker();
    assert_eq!(tries(&marker, |refuse| marker.guard(refuse)), 1);
    let error = marker.guard(|| Ok(())).unwrap_err();
    assert!(matches!(error, Error::PinRefusedBefore(path) if path == marker.path));
    // Whoever removes the file says nothing to a process that runs.
    std::fs::remove_file(&marker.path).unwrap();
    let error = marker.guard(|| Ok(())).unwrap_err();
    assert!(matches!(error, Error::PinRefusedBefore(path) if path == marker.path));
    marker.remove();
    marker.guard(|| Ok(())).unwrap();
}

#[test]
fn a_pin_refused_to_one_is_tried_again_by_none() {
    let (_directory, marker) = marker();
    assert_eq!(tries(&marker, |refuse| marker.guard_again(refuse)), 1);
    let error = marker.guard(|| Ok(())).unwrap_err();
    assert!(matches!(error, Error::PinRefusedBefore(_)), "{error}");
}

#[test]
fn a_token_that_cannot_be_logged_in_to_is_asked_again() {
    let (_directory, marker) = marker();
    for _ in 0..4 {
        let tried = marker.guard_again(|| {
            marker.begin().unwrap();
            Err::<(), _>(Error::SessionLost)
        });
        assert!(matches!(tried, Err(Error::SessionLost)));
    }
    marker.guard_again(|| Ok(())).unwrap();
}

/// The PIN is known, and so is what became of it, whatever has become of the files.
#[test]
fn a_refused_pin_is_tried_once_though_its_files_are_gone() {
    let (directory, marker) = marker();
    let aside = directory.path().with_extension("aside");
    let once = tries(&marker, |refuse| {
        marker.guard_again(|| {
            let refused = refuse();
            std::fs::rename(directory.path(), &aside).unwrap();
            refused
        })
    });
    assert_eq!(once, 1);
    let again = || marker.guard_again(|| -> Result<(), Error> { unreachable!("it is tried") });
    assert!(matches!(again(), Err(Error::PinRefusedBefore(_))));
    std::fs::rename(&aside, directory.path()).unwrap();
    assert!(matches!(again(), Err(Error::PinRefusedBefore(_))));
    marker.remove();
    marker.guard_again(|| Ok(())).unwrap();
}

/// A file that is replaced is another one to lock.
#[test]
fn a_pin_whose_file_is_replaced_is_tried_once() {
    let (directory, marker) = marker();
    let once = tries(&marker, |refuse| {
        marker.guard_again(|| {
            let new = directory.path().join("new");
            std::fs::write(&new, "4321").unwrap();
            std::fs::rename(new, directory.path().join("pin")).unwrap();
            refuse()
        })
    });
    assert_eq!(once, 1);
}

fn unanswered(marker: &PinMarker) -> Result<(), Error> {
    marker.begin().unwrap();
    let cause = mls_signer_token::error::ProcessError::OutOfStep;
    Err(Error::LoginUnanswered(Box::new(cause)))
}

#[test]
fn a_login_without_an_answer_is_not_repeated_at_the_start() {
    let (_directory, marker) = marker();
    let error = marker.guard(|| unanswered(&marker)).unwrap_err();
    assert!(matches!(error, Error::PinTryUnfinished(_)), "{error}");
    let error = marker.guard_again(|| Ok(())).unwrap_err();
    assert!(matches!(error, Error::PinTryUnfinished(_)), "{error}");
    // Whoever removes the file says nothing to a process that runs.
    std::fs::remove_file(&marker.path).unwrap();
    let error = marker.guard_again(|| Ok(())).unwrap_err();
    assert!(matches!(error, Error::PinTryUnfinished(_)), "{error}");
    marker.remove();
    marker.guard(|| Ok(())).unwrap();
}

#[test]
fn a_pin_that_was_taken_is_tried_twice_without_an_answer() {
    let (_directory, marker) = marker();
    let error = marker.guard_again(|| unanswered(&marker)).unwrap_err();
    assert!(matches!(error, Error::LoginUnanswered(_)), "{error}");
    // One that is answered is a new beginning.
    marker.guard_again(|| Ok(())).unwrap();
    marker.guard_again(|| unanswered(&marker)).unwrap_err();
    let error = marker.guard_again(|| unanswered(&marker)).unwrap_err();
    assert!(matches!(error, Error::PinTryUnfinished(_)), "{error}");
    assert!(marker.path.exists());
    let again = || marker.guard_again(|| -> Result<(), Error> { unreachable!("it is tried") });
    assert!(matches!(again(), Err(Error::PinTryUnfinished(_))));
    // Also where the file is removed, which is no word to a process that runs.
    std::fs::remove_file(&marker.path).unwrap();
    assert!(matches!(again(), Err(Error::PinTryUnfinished(_))));
    marker.remove();
    marker.guard_again(|| Ok(())).unwrap();
}

/// Tokens that share a PIN file: what one says of it, another does not.
#[test]
fn a_token_that_takes_the_pin_says_nothing_of_another() {
    let (_directory, marker) = marker();
    let healthy = PinMarker {
        token: "another".into(),
        ..marker.clone()
    };
    marker.guard_again(|| unanswered(&marker)).unwrap_err();
    healthy.guard_again(|| Ok(())).unwrap();
    let error = marker.guard_again(|| unanswered(&marker)).unwrap_err();
    assert!(matches!(error, Error::PinTryUnfinished(_)), "{error}");
}

/// Whoever has put it there.
#[test]
fn a_marker_that_is_no_file_of_ours_is_one_all_the_same() {
    let (_directory, marker) = marker();
    let refused = |marker: &PinMarker| {
        let error = marker.guard(|| Ok(())).unwrap_err();
        assert!(matches!(error, Error::PinRefusedBefore(_)), "{error}");
    };
    rustix::fs::mkfifoat(rustix::fs::CWD, &marker.path, rustix::fs::Mode::RWXU).unwrap();
    refused(&marker);
    std::fs::remove_file(&marker.path).unwrap();
    File::create(&marker.path)
        .unwrap()
        .set_len(1 << 40)
        .unwrap();
    refused(&marker);
    std::fs::remove_file(&marker.path).unwrap();
    std::fs::create_dir(&marker.path).unwrap();
    refused(&marker);
}

#[test]
fn only_a_refused_pin_is_noted() {
    let (_directory, marker) = marker();
    for error in [Error::PinFinalTry, Error::SessionLost] {
        marker.guard(|| Err::<(), _>(error)).unwrap_err();
    }
    marker.guard(|| Ok(())).unwrap();
}

#[test]
fn a_try_that_has_not_ended_is_not_repeated() {
    let (_directory, marker) = marker();
    let unfinished = |error| matches!(error, Error::PinTryUnfinished(path) if path == marker.path);
    let begun = || {
        marker.begin()?;
        assert!(unfinished(marker.assert_absent().unwrap_err()));
        Ok(())
    };
    marker.guard(begun).unwrap();
    marker.assert_absent().unwrap();
    marker.guard_again(begun).unwrap();
    marker.assert_absent().unwrap();
    begin_elsewhere(&marker);
    assert!(unfinished(marker.guard(|| Ok(())).unwrap_err()));
    assert!(unfinished(marker.guard_again(|| Ok(())).unwrap_err()));
}

#[test]
fn nothing_is_tried_where_a_refusal_could_not_be_kept() {
    let (directory, mut marker) = marker();
    marker.path = directory.path().join("none/refused");
    let log_in = || -> Result<(), Error> { unreachable!("the PIN is tried") };
    for tried in [marker.guard(log_in), marker.guard_again(log_in)] {
        assert!(matches!(tried, Err(Error::Setup(_))), "{tried:?}");
    }
}

/// Whoever comes while another process logs in waits for the outcome.
#[test]
fn a_mark_says_nothing_while_its_try_is_under_way() {
    let (_directory, marker) = marker();
    let elsewhere = marker.turn().unwrap();
    begin_elsewhere(&marker);
    assert!(marker.is_being_tried());
    std::thread::scope(|scope| {
        let waiting = [
            scope.spawn(|| marker.guard(|| Ok(()))),
            scope.spawn(|| marker.guard_again(|| Ok(()))),
        ];
        std::thread::sleep(turn::TICK * 5);
        std::fs::remove_file(&marker.path).unwrap();
        drop(elsewhere);
        for thread in waiting {
            thread.join().unwrap().unwrap();
        }
    });
    assert!(!marker.is_being_tried());
    marker.assert_absent().unwrap();
}

/// As a directory that cannot be written to for a while: nothing in it can be removed.
fn leave_a_mark_behind(directory: &Path, marker: &PinMarker) {
    let aside = directory.with_extension("aside");
    let log_in = || {
        marker.begin()?;
        std::fs::rename(directory, &aside).unwrap();
        File::create(directory).unwrap();
        Ok(())
    };
    marker.guard(log_in).unwrap();
    std::fs::remove_file(directory).unwrap();
    std::fs::rename(&aside, directory).unwrap();
    assert!(marker.assert_absent().is_err());
}

/// The process knows that the PIN was taken.
#[test]
fn a_mark_that_could_not_be_removed_is_removed_before_the_next_try() {
    let (directory, marker) = marker();
    leave_a_mark_behind(directory.path(), &marker);
    marker.guard_again(|| marker.begin()).unwrap();
    marker.assert_absent().unwrap();
}

/// For a while; the outcome is known all the same.
#[test]
fn a_mark_that_cannot_be_removed_yet_is_no_refusal() {
    let (directory, marker) = marker();
    let aside = directory.path().with_extension("aside");
    let log_in = || {
        marker.begin()?;
        std::fs::rename(directory.path(), &aside).unwrap();
        File::create(directory.path()).unwrap();
        Ok(())
    };
    marker.guard(log_in).unwrap();
    let not_tried = || -> Result<(), Error> { unreachable!("the PIN is tried") };
    for tried in [marker.guard_again(not_tried), marker.guard(not_tried)] {
        assert!(matches!(tried, Err(Error::Setup(_))), "{tried:?}");
    }
    // A word changes nothing of that.
    marker.remove();
    std::fs::remove_file(directory.path()).unwrap();
    std::fs::rename(&aside, directory.path()).unwrap();
    marker.guard_again(|| marker.begin()).unwrap();
    marker.assert_absent().unwrap();
}

/// It comes back with the mark.
#[test]
fn a_mark_whose_directory_was_away_is_removed_before_the_next_try() {
    let (directory, marker) = marker();
    let aside = directory.path().with_extension("aside");
    let log_in = || {
        marker.begin()?;
        std::fs::rename(directory.path(), &aside).unwrap();
        Ok(())
    };
    marker.guard(log_in).unwrap();
    std::fs::rename(&aside, directory.path()).unwrap();
    marker.guard_again(|| marker.begin()).unwrap();
    marker.assert_absent().unwrap();
}

/// Another process's, which comes back to its place while this one's PIN is refused.
#[test]
fn a_refusal_is_kept_in_a_file_of_its_own() {
    let (_directory, marker) = marker();
    let others = marker.path.with_extension("others");
    std::fs::write(&others, UNFINISHED).unwrap();
    let refuse = || {
        marker.begin()?;
        std::fs::remove_file(&marker.path).unwrap();
        std::fs::hard_link(&others, &marker.path).unwrap();
        Err::<(), _>(Error::PinRefused)
    };
    marker.guard(refuse).unwrap_err();
    let error = marker.assert_absent().unwrap_err();
    assert!(matches!(error, Error::PinRefusedBefore(_)), "{error}");
    assert_eq!(std::fs::read_to_string(&others).unwrap(), UNFINISHED);
}

/// It has refused to one process what another was about to try.
#[test]
fn the_removal_of_a_mark_that_was_seen_is_no_word() {
    for said in ["The token hsm refused the PIN", UNFINISHED] {
        let (_directory, marker) = marker();
        std::fs::write(&marker.path, said).unwrap();
        let not_tried = || -> Result<(), Error> { unreachable!("the PIN is tried") };
        marker.guard_again(not_tried).unwrap_err();
        std::fs::remove_file(&marker.path).unwrap();
        let error = marker.guard_again(not_tried).unwrap_err();
        assert!(error.concerns_pin(), "{error}");
        marker.remove();
        marker.guard_again(|| Ok(())).unwrap();
    }
}

/// Somebody who looks has the turn for a moment.
#[test]
fn a_word_removes_a_refusal_whoever_has_the_turn() {
    let (_directory, marker) = marker();
    let refuse = || {
        marker.begin()?;
        Err::<(), _>(Error::PinRefused)
    };
    marker.guard(refuse).unwrap_err();
    let elsewhere = marker.turn().unwrap();
    marker.remove();
    drop(elsewhere);
    marker.guard(|| Ok(())).unwrap();
}

/// A person has removed the one that was left behind, and another service with the directory was refused, or
/// did not learn the outcome.
#[test]
fn a_mark_in_the_place_of_one_that_was_left_behind_is_anothers() {
    for said in ["The token hsm refused the PIN", UNFINISHED] {
        let (directory, marker) = marker();
        leave_a_mark_behind(directory.path(), &marker);
        std::fs::remove_file(&marker.path).unwrap();
        std::fs::write(&marker.path, said).unwrap();
        let log_in = || -> Result<(), Error> { unreachable!("the PIN is tried") };
        for tried in [marker.guard_again(log_in), marker.guard(log_in)] {
            let error = tried.unwrap_err();
            assert!(error.concerns_pin(), "{error}");
        }
        assert_eq!(std::fs::read_to_string(&marker.path).unwrap(), said);
        marker.remove();
        marker.guard_again(|| marker.begin()).unwrap();
        marker.assert_absent().unwrap();
    }
}

/// Whoever does not know of turns.
#[test]
fn a_mark_that_appears_before_a_try_begins_stays() {
    for said in ["The token hsm refused the PIN", UNFINISHED] {
        let (_directory, marker) = marker();
        let log_in = || {
            std::fs::write(&marker.path, said).unwrap();
            marker.begin()
        };
        let error = marker.guard(log_in).unwrap_err();
        assert!(error.concerns_pin(), "{error}");
        assert_eq!(std::fs::read_to_string(&marker.path).unwrap(), said);
        marker.remove();
        let error = marker.guard_again(log_in).unwrap_err();
        assert!(error.concerns_pin(), "{error}");
        assert_eq!(std::fs::read_to_string(&marker.path).unwrap(), said);
    }
}

/// Of whomever.
#[test]
fn a_mark_stays_where_no_try_began() {
    let (_directory, marker) = marker();
    let log_in = || {
        std::fs::write(&marker.path, UNFINISHED).unwrap();
        Err::<(), _>(Error::SessionLost)
    };
    marker.guard(log_in).unwrap_err();
    assert!(marker.path.exists());
}

/// Nobody knows what the token said.
#[test]
fn a_mark_of_a_try_that_broke_off_stays() {
    let (_directory, marker) = marker();
    let log_in = || -> Result<(), Error> {
        marker.begin().unwrap();
        panic!("in the login");
    };
    std::thread::scope(|scope| scope.spawn(|| marker.guard(log_in)).join().unwrap_err());
    let error = marker.guard_again(|| Ok(())).unwrap_err();
    assert!(matches!(error, Error::PinTryUnfinished(_)), "{error}");
}

/// SIGHUP comes to one service while another tries the PIN that was corrected for both.
#[test]
fn a_word_that_the_pin_is_mended_leaves_the_mark_of_a_try_under_way() {
    let (_directory, marker) = marker();
    let elsewhere = marker.turn().unwrap();
    begin_elsewhere(&marker);
    marker.remove();
    assert!(marker.path.exists());
    drop(elsewhere);
    marker.remove();
    assert!(!marker.path.exists());
}
