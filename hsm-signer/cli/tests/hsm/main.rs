//! The signer on real SoftHSM: keys, signatures, faulty tokens, removals that OpenMLS
//! accepts, and the command line.

mod bad_token;
mod ceremonies;
mod command_line;
mod doctor;
mod engine;
mod exact_labels;
mod faults;
mod generations;
mod imports;
mod isolation;
mod key_files;
mod keys;
mod left_halves;
mod near_labels;
mod no_modules;
mod no_removal_key;
mod odd_keys;
mod other_tokens;
mod outages;
mod passphrases;
mod readings;
mod reasons;
mod removal;
mod rogue_modules;
mod signing;
mod strange_labels;
mod support;
mod tokens;
mod usage;
