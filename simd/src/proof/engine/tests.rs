//! That the checker refuses what is wrong: a certificate altered in any place that counts.

use super::{
    certificate::{Operation, Reason, Rule, Step},
    checker::check,
    *,
};
use crate::proof::words::Integer as _;

/// A program with carries and two cases, and its runs.
fn right() -> Vec<Vec<Step>> {
    runs(Hints::default(), || {
        let (a, b) = (input(Interval::bits(52)), input(Interval::bits(52)));
        let sum = a.plus(b);
        let carry = sum.unsigned().floor(52).word();
        let low = sum.and(Symbol::constant((1 << 52) - 1));
        oblige_in(low, Interval::bits(52), "the low bits");
        oblige_in(carry, Interval::bits(1), "the carry");
        let whole = &value(carry).shifted(52) + &value(low);
        oblige_congruent(
            &whole,
            &(&value(a) + &value(b)),
            &BigInt::from(97),
            "the sum",
        );
        if carry.is_zero() {
            oblige_bound(&whole, Interval::bits(52), "the sum without a carry");
        }
    })
}

#[test]
fn a_right_certificate_is_accepted() {
    let checked = check(&right()).expect("it is right");
    assert_eq!(checked.obligations, 7);
}

#[test]
fn a_case_left_out_or_twice_is_refused() {
    let right = right();
    assert_eq!(right.len(), 2);
    for left_out in 0..2 {
        let mut wrong = right.clone();
        wrong.remove(left_out);
        assert!(check(&wrong).is_err());
    }
    let twice = [right.clone(), right].concat();
    assert!(check(&twice).is_err());
    assert!(check(&[]).is_err());
}

#[test]
fn a_run_that_is_cut_short_is_refused() {
    let right = right();
    for run in 0..2 {
        for length in 0..right[run].len() {
            let mut wrong = right.clone();
            wrong[run].truncate(length);
            assert!(check(&wrong).is_err(), "{length}");
        }
    }
}

#[test]
fn a_reason_left_out_is_refused() {
    let mut refused = 0;
    let right = right();
    for (number, step) in right[0].iter().enumerate() {
        let Step::Program(_, reason) = step else {
            continue;
        };
        if reason.facts.is_empty() {
            continue;
        }
        for fact in 0..reason.facts.len() {
            let mut wrong = right.clone();
            for run in &mut wrong {
                if let Some(Step::Program(_, reason)) = run.get_mut(number) {
                    reason.facts.remove(fact.min(reason.facts.len() - 1));
                }
            }
            assert!(check(&wrong).is_err(), "{step:?}");
            refused += 1;
        }
    }
    assert!(refused > 5, "{refused}");
}

#[test]
fn claims_of_more_are_refused() {
    let mut refused = 0;
    let right = right();
    for run in 0..2 {
        for number in 0..right[run].len() {
            let mut wrong = right.clone();
            let altered = match &mut wrong[run][number] {
                Step::Program(Operation::TermWithin(_, range) | Operation::Within(_, range), _) => {
                    range.high -= 1;
                    true
                }
                Step::Program(Operation::Multiple(polynomial, _), _) => {
                    *polynomial = &*polynomial + &Polynomial::constant(1);
                    true
                }
                Step::Program(Operation::Value(_, polynomial), _) => {
                    *polynomial = &*polynomial + &Polynomial::constant(1);
                    true
                }
                _ => false,
            };
            if altered {
                assert!(check(&wrong).is_err(), "{:?}", right[run][number]);
                refused += 1;
            }
        }
    }
    assert_eq!(refused, 15);
}

#[test]
fn rules_that_do_not_follow_are_refused() {
    let fact = || {
        Step::Program(
            Operation::Assume(Polynomial::variable(0), Interval::bits(4)),
            Default::default(),
        )
    };
    let input = || Step::Program(Operation::Input(Interval::bits(8)), Default::default());
    let linear = |divisor: i32| Rule::Linear {
        terms: vec![(BigInt::from(1), 0)],
        constant: BigInt::from(1),
        divisor: BigInt::from(divisor),
    };
    for rule in [
        linear(0),
        linear(-1),
        linear(2),
        Rule::Meet(0, 2),
        Rule::Product(0, 7),
        Rule::Rewrite(0, 1),
    ] {
        let run = vec![
            input(),
            fact(),
            Step::Deduction(Rule::Product(0, 0)),
            Step::Deduction(rule.clone()),
            Step::End,
        ];
        assert!(check(&[run]).is_err(), "{rule:?}");
    }
}

/// One case below 6, the other from 11 on: nothing is said of what lies between.
#[test]
fn cases_that_do_not_meet_are_refused() {
    let case = |at: i32, above| {
        Step::Deduction(Rule::Case {
            of: 0,
            at: BigInt::from(at),
            above,
        })
    };
    let run = |case, claim: Option<Step>| {
        let input = Operation::Input(Interval::new(0, 10));
        let begin = [Step::Program(input, Default::default()), case];
        begin.into_iter().chain(claim).collect::<Vec<_>>()
    };
    let claim = |fact| {
        let reason = Reason {
            facts: vec![fact],
            ..Default::default()
        };
        let within = Operation::Within(Polynomial::variable(0), Interval::new(0, 5));
        Step::Program(within, reason)
    };
    let below = || {
        let mut below = run(case(6, false), Some(claim(1)));
        below.push(Step::End);
        below
    };
    assert!(check(&[below(), run(case(11, true), None)]).is_err());
    assert!(check(&[below(), run(case(6, true), None)]).is_err());
}

/// A word is an integer modulo 2^64, a mask too: all its bits are set if it is -1.
#[test]
fn a_mask_is_a_word() {
    let mask = |ones: u64| {
        move || {
            let any = input(Interval::bits(64));
            let mask = Symbol::constant(0).minus(Symbol::constant(ones));
            let difference = &value(any.and(mask)) - &value(any);
            oblige_bound(&difference, Interval::point(0), "the same word");
        }
    };
    prove(Hints::default(), mask(1));
    let other = catch_unwind(|| prove(Hints::default(), mask(2)));
    assert!(other.is_err(), "a mask of all bits but the last");
}
