//! Nothing: the tests beside it are the user's code.
