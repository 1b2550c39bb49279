//! What the two processes say to each other: on the control channel, and on one channel
//! for each session. One question, one answer.

use cryptoki::mechanism::MechanismType;
use cryptoki::object::KeyType;
use openmls_traits::types::SignatureScheme;
use zeroize::Zeroizing;

use super::frame::{Malformed, Reader, Writer};
use crate::error::Error;
use crate::failure::{Nature, Pkcs11Failure, Rung};
use crate::token::{
    Access, KeyClass, KeyObject, KeySelector, ObjectHandle, SigningMechanism, TokenIdentity,
    TokenSelector, supported,
};
use mls_signer_message::scheme::Scheme;

/// Raised whenever a message changes: both sides must be of one build.
pub(super) const PROTOCOL: u32 = 2;

/// What the parent says on the control channel.
pub(crate) enum Control {
    /// The first message: load the module and log in.
    Start(Start),
    /// A channel for one session, with this access, comes with this message.
    Channel(Access),
    /// Take a step of recovery.
    Recover { rung: Rung, milliseconds: u32 },
    /// Use the session that holds the login.
    KeepAlive { milliseconds: u32 },
}

/// Everything that the child needs to log in.
pub(crate) struct Start {
    pub module: Vec<u8>,
    pub parameters: Option<String>,
    pub selector: TokenSelector,
    pub pin: Zeroizing<String>,
}

/// What the child answers on the control channel.
pub(crate) enum ControlReply {
    Started {
        identity: Box<TokenIdentity>,
        mechanisms: Vec<MechanismType>,
        module: String,
    },
    Done,
    Failed(Error),
}

/// What the parent asks of a session.
pub(crate) enum Question<'a> {
    Find(KeyClass, KeySelector),
    Read(ObjectHandle),
    Sign {
        key: ObjectHandle,
        mechanism: SigningMechanism,
        items: Vec<&'a [u8]>,
    },
    Relabel(ObjectHandle, String),
    Generate(NewKey),
    Import(NewKey, Zeroizing<Vec<u8>>),
    Destroy(ObjectHandle),
}

/// The names of a key to be made.
pub(crate) struct NewKey {
    pub scheme: &'static Scheme,
    pub label: String,
    pub id: Vec<u8>,
}

/// What a session answers.
pub(crate) enum Answer {
    Found(Vec<ObjectHandle>),
    Object(Box<KeyObject>),
    Signed(Vec<Vec<u8>>, Option<Error>),
    Pair(ObjectHandle, ObjectHandle),
    Done,
    Failed(Error),
}

impl Control {
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        match self {
            Self::Start(start) => start.encode(),
            Self::Channel(access) => {
                let mut writer = Writer::new(2);
                writer.u8(u8::from(*access == Access::Manage));
                writer.finish()
            }
            Self::Recover { rung, milliseconds } => {
                let mut writer = Writer::new(3);
                writer.u8(rung_number(*rung)).u32(*milliseconds);
                writer.finish()
            }
            Self::KeepAlive { milliseconds } => {
                let mut writer = Writer::new(4);
                writer.u32(*milliseconds);
                writer.finish()
            }
        }
    }

    pub fn decode(frame: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(frame);
        let message = match reader.u8()? {
            1 => Self::Start(Start::decode(&mut reader)?),
            2 => Self::Channel(match reader.u8()? {
                0 => Access::Use,
                1 => Access::Manage,
                _ => return Err(Malformed("an unknown access")),
            }),
            3 => Self::Recover {
                rung: rung(reader.u8()?)?,
                milliseconds: reader.u32()?,
            },
            4 => Self::KeepAlive {
                milliseconds: reader.u32()?,
            },
            _ => return Err(Malformed("an unknown message")),
        };
        reader.finish()?;
        Ok(message)
    }
}

impl Start {
    fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut writer = Writer::new(1);
        writer.u32(PROTOCOL).bytes(&self.module);
        writer.option(self.parameters.as_deref().map(str::as_bytes));
        match &self.selector {
            TokenSelector::Label(label) => writer.u8(0).bytes(label.as_bytes()),
            TokenSelector::Serial(serial) => writer.u8(1).bytes(serial.as_bytes()),
            TokenSelector::Slot(slot) => writer.u8(2).u64(*slot),
        };
        writer.bytes(self.pin.as_bytes());
        writer.finish()
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        if reader.u32()? != PROTOCOL {
            return Err(Malformed("the two processes are of different versions"));
        }
        Ok(Self {
            module: reader.bytes()?.to_vec(),
            parameters: reader.option()?.map(text).transpose()?,
            selector: match reader.u8()? {
                0 => TokenSelector::Label(reader.text()?.into()),
                1 => TokenSelector::Serial(reader.text()?.into()),
                2 => TokenSelector::Slot(reader.u64()?),
                _ => return Err(Malformed("an unknown way to choose a token")),
            },
            pin: Zeroizing::new(reader.text()?.into()),
        })
    }
}

impl ControlReply {
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        match self {
            Self::Started {
                identity,
                mechanisms,
                module,
            } => {
                let mut writer = Writer::new(1);
                write_identity(&mut writer, identity);
                writer.u32(mechanisms.len() as u32);
                for mechanism in mechanisms {
                    writer.u64(**mechanism);
                }
                writer.bytes(module.as_bytes());
                writer.finish()
            }
            Self::Done => Writer::new(2).finish(),
            Self::Failed(error) => {
                let mut writer = Writer::new(3);
                write_error(&mut writer, error);
                writer.finish()
            }
        }
    }

    pub fn decode(frame: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(frame);
        let reply = match reader.u8()? {
            1 => Self::Started {
                identity: Box::new(read_identity(&mut reader)?),
                mechanisms: read_mechanisms(&mut reader)?,
                module: reader.text()?.into(),
            },
            2 => Self::Done,
            3 => Self::Failed(read_error(&mut reader)?),
            _ => return Err(Malformed("an unknown answer")),
        };
        reader.finish()?;
        Ok(reply)
    }
}

impl<'a> Question<'a> {
    pub fn encode(&self, milliseconds: u32) -> Zeroizing<Vec<u8>> {
        let mut writer = Writer::new(self.tag());
        writer.u32(milliseconds);
        match self {
            Self::Find(class, selector) => {
                writer.u8(u8::from(*class == KeyClass::Public));
                writer.option(selector.wanted_label().map(str::as_bytes));
                writer.option(selector.wanted_id())
            }
            Self::Read(key) | Self::Destroy(key) => writer.u64(key.0),
            Self::Sign {
                key,
                mechanism,
                items,
            } => {
                writer.u64(key.0).u64(*mechanism.kind());
                writer.u8(u8::from(*mechanism == SigningMechanism::Ed448));
                writer.u32(items.len() as u32);
                items
                    .iter()
                    .fold(&mut writer, |writer, item| writer.bytes(item))
            }
            Self::Relabel(key, label) => writer.u64(key.0).bytes(label.as_bytes()),
            Self::Generate(key) => key.write(&mut writer),
            Self::Import(key, secret) => key.write(&mut writer).bytes(secret),
        };
        writer.finish()
    }

    /// The question, and how many milliseconds it has.
    pub fn decode(frame: &'a [u8]) -> Result<(Self, u32), Malformed> {
        let mut reader = Reader::new(frame);
        let tag = reader.u8()?;
        let milliseconds = reader.u32()?;
        let question = match tag {
            1 => Self::Find(class(reader.u8()?)?, read_selector(&mut reader)?),
            2 => Self::Read(ObjectHandle(reader.u64()?)),
            3 => Self::Sign {
                key: ObjectHandle(reader.u64()?),
                mechanism: read_mechanism(&mut reader)?,
                items: read_items(&mut reader)?,
            },
            4 => Self::Relabel(ObjectHandle(reader.u64()?), reader.text()?.into()),
            5 => Self::Generate(NewKey::read(&mut reader)?),
            6 => Self::Import(
                NewKey::read(&mut reader)?,
                Zeroizing::new(reader.bytes()?.to_vec()),
            ),
            7 => Self::Destroy(ObjectHandle(reader.u64()?)),
            _ => return Err(Malformed("an unknown question")),
        };
        reader.finish()?;
        Ok((question, milliseconds))
    }

    fn tag(&self) -> u8 {
        match self {
            Self::Find(..) => 1,
            Self::Read(_) => 2,
            Self::Sign { .. } => 3,
            Self::Relabel(..) => 4,
            Self::Generate(_) => 5,
            Self::Import(..) => 6,
            Self::Destroy(_) => 7,
        }
    }
}

impl NewKey {
    fn write<'w>(&self, writer: &'w mut Writer) -> &'w mut Writer {
        writer.u32(u32::from(self.scheme.signature_scheme as u16));
        writer.bytes(self.label.as_bytes()).bytes(&self.id)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let unknown = Malformed("an unknown scheme");
        let number = u16::try_from(reader.u32()?).map_err(|_| unknown)?;
        let scheme = SignatureScheme::try_from(number).map_err(|_| unknown)?;
        Ok(Self {
            scheme: Scheme::by_signature_scheme(scheme).ok_or(unknown)?,
            label: reader.text()?.into(),
            id: reader.bytes()?.to_vec(),
        })
    }
}

impl Answer {
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut writer;
        match self {
            Self::Found(handles) => {
                writer = Writer::new(1);
                writer.u32(handles.len() as u32);
                for handle in handles {
                    writer.u64(handle.0);
                }
            }
            Self::Object(object) => {
                writer = Writer::new(2);
                write_object(&mut writer, object);
            }
            Self::Signed(signatures, failure) => {
                writer = Writer::new(3);
                writer.u32(signatures.len() as u32);
                for signature in signatures {
                    writer.bytes(signature);
                }
                writer.u8(u8::from(failure.is_some()));
                if let Some(failure) = failure {
                    write_error(&mut writer, failure);
                }
            }
            Self::Pair(private, public) => {
                writer = Writer::new(4);
                writer.u64(private.0).u64(public.0);
            }
            Self::Done => writer = Writer::new(5),
            Self::Failed(error) => {
                writer = Writer::new(6);
                write_error(&mut writer, error);
            }
        }
        writer.finish()
    }

    pub fn decode(frame: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(frame);
        let answer = match reader.u8()? {
            1 => {
                let count = reader.count(8)?;
                let handles = (0..count).map(|_| Ok(ObjectHandle(reader.u64()?)));
                Self::Found(handles.collect::<Result<_, Malformed>>()?)
            }
            2 => Self::Object(Box::new(read_object(&mut reader)?)),
            3 => {
                let items = read_items(&mut reader)?;
                let failure = match reader.u8()? {
                    0 => None,
                    1 => Some(read_error(&mut reader)?),
                    _ => return Err(Malformed("neither failed nor not")),
                };
                Self::Signed(items.into_iter().map(<[u8]>::to_vec).collect(), failure)
            }
            4 => Self::Pair(ObjectHandle(reader.u64()?), ObjectHandle(reader.u64()?)),
            5 => Self::Done,
            6 => Self::Failed(read_error(&mut reader)?),
            _ => return Err(Malformed("an unknown answer")),
        };
        reader.finish()?;
        Ok(answer)
    }
}

fn read_mechanism(reader: &mut Reader<'_>) -> Result<SigningMechanism, Malformed> {
    let unknown = Malformed("an unknown mechanism");
    let kind = supported(reader.u64()?).ok_or(unknown)?;
    let mechanism = match reader.u8()? {
        0 => SigningMechanism::Plain(kind),
        1 => SigningMechanism::Ed448,
        _ => return Err(unknown),
    };
    (mechanism.kind() == kind)
        .then_some(mechanism)
        .ok_or(unknown)
}

fn read_items<'a>(reader: &mut Reader<'a>) -> Result<Vec<&'a [u8]>, Malformed> {
    let count = reader.count(4)?;
    (0..count).map(|_| reader.bytes()).collect()
}

fn text(bytes: &[u8]) -> Result<String, Malformed> {
    String::from_utf8(bytes.to_vec()).map_err(|_| Malformed("a text is not UTF-8"))
}

fn class(number: u8) -> Result<KeyClass, Malformed> {
    match number {
        0 => Ok(KeyClass::Private),
        1 => Ok(KeyClass::Public),
        _ => Err(Malformed("an unknown class of keys")),
    }
}

fn read_selector(reader: &mut Reader<'_>) -> Result<KeySelector, Malformed> {
    let label = reader.option()?.map(text).transpose()?;
    let id = reader.option()?.map(<[u8]>::to_vec);
    Ok(KeySelector::of(label, id))
}

fn rung_number(rung: Rung) -> u8 {
    rung as u8
}

fn rung(number: u8) -> Result<Rung, Malformed> {
    Rung::ALL
        .into_iter()
        .find(|rung| rung_number(*rung) == number)
        .ok_or(Malformed("an unknown step of recovery"))
}

fn write_identity(writer: &mut Writer, identity: &TokenIdentity) {
    writer.u64(identity.slot);
    for text in [
        &identity.label,
        &identity.serial,
        &identity.manufacturer,
        &identity.model,
    ] {
        writer.bytes(text.as_bytes());
    }
    writer.u8(identity.firmware.0).u8(identity.firmware.1);
    for flag in [
        identity.initialised,
        identity.pin_locked,
        identity.pin_final_try,
    ] {
        writer.truth(Some(flag));
    }
}

fn read_identity(reader: &mut Reader<'_>) -> Result<TokenIdentity, Malformed> {
    Ok(TokenIdentity {
        slot: reader.u64()?,
        label: reader.text()?.into(),
        serial: reader.text()?.into(),
        manufacturer: reader.text()?.into(),
        model: reader.text()?.into(),
        firmware: (reader.u8()?, reader.u8()?),
        initialised: flag(reader)?,
        pin_locked: flag(reader)?,
        pin_final_try: flag(reader)?,
    })
}

fn flag(reader: &mut Reader<'_>) -> Result<bool, Malformed> {
    reader.truth()?.ok_or(Malformed("a flag is missing"))
}

/// Those that this crate does not know are left out: nobody asks for them.
fn read_mechanisms(reader: &mut Reader<'_>) -> Result<Vec<MechanismType>, Malformed> {
    let count = reader.count(8)?;
    let numbers: Vec<u64> = (0..count).map(|_| reader.u64()).collect::<Result<_, _>>()?;
    Ok(numbers.into_iter().filter_map(supported).collect())
}

fn write_object(writer: &mut Writer, object: &KeyObject) {
    writer.bytes(object.label.as_bytes()).bytes(&object.id);
    let key_type = object.key_type.map(|kind| (*kind).to_be_bytes());
    writer.option(key_type.as_ref().map(|bytes| bytes.as_slice()));
    writer.option(object.parameters.as_deref());
    writer.option(object.point.as_deref());
    let parameter_set = object.parameter_set.map(u64::to_be_bytes);
    writer.option(parameter_set.as_ref().map(|bytes| bytes.as_slice()));
    writer.option(object.public_value.as_deref());
    for truth in [
        object.sensitive,
        object.always_sensitive,
        object.extractable,
        object.never_extractable,
        object.local,
        object.sign,
    ] {
        writer.truth(truth);
    }
    for name in KeyObject::TOO_MUCH {
        writer.truth(Some(object.also_allowed.contains(&name)));
    }
}

fn read_object(reader: &mut Reader<'_>) -> Result<KeyObject, Malformed> {
    let mut object = KeyObject {
        label: reader.text()?.into(),
        id: reader.bytes()?.to_vec(),
        key_type: reader.option()?.map(key_type).transpose()?,
        parameters: reader.option()?.map(<[u8]>::to_vec),
        point: reader.option()?.map(<[u8]>::to_vec),
        parameter_set: reader.option()?.map(parameter_set).transpose()?,
        public_value: reader.option()?.map(<[u8]>::to_vec),
        sensitive: reader.truth()?,
        always_sensitive: reader.truth()?,
        extractable: reader.truth()?,
        never_extractable: reader.truth()?,
        local: reader.truth()?,
        sign: reader.truth()?,
        also_allowed: Vec::new(),
    };
    for name in KeyObject::TOO_MUCH {
        if flag(reader)? {
            object.also_allowed.push(name);
        }
    }
    Ok(object)
}

fn key_type(bytes: &[u8]) -> Result<KeyType, Malformed> {
    let unknown = Malformed("an unknown type of key");
    let number = bytes.try_into().map_err(|_| unknown)?;
    KeyType::try_from(u64::from_be_bytes(number)).map_err(|_| unknown)
}

fn parameter_set(bytes: &[u8]) -> Result<u64, Malformed> {
    let number = bytes.try_into();
    number
        .map(u64::from_be_bytes)
        .map_err(|_| Malformed("an unknown parameter set"))
}

/// The errors that mean something to the parent are told apart; of the others it gets
/// the text and the nature.
fn write_error(writer: &mut Writer, error: &Error) {
    match error {
        Error::Pkcs11(failure) => {
            writer.u8(1).bytes(failure.function().as_bytes());
            writer.u64(failure.number());
        }
        Error::ModuleMisbehaved(text) => {
            writer.u8(2).bytes(text.as_bytes());
        }
        Error::PinFinalTry => {
            writer.u8(3);
        }
        Error::PinRefused => {
            writer.u8(4);
        }
        Error::SessionLost => {
            writer.u8(5);
        }
        Error::DeadlinePassed { .. } => {
            writer.u8(6);
        }
        other => {
            writer.u8(7).bytes(other.to_string().as_bytes());
            writer.u8(match other.nature() {
                Nature::Transient => 0,
                Nature::Permanent => 1,
                Nature::Unknown => 2,
            });
            writer.u8(rung_number(other.rung()));
        }
    }
}

fn read_error(reader: &mut Reader<'_>) -> Result<Error, Malformed> {
    Ok(match reader.u8()? {
        1 => {
            let function = reader.text()?.into();
            let failure = Pkcs11Failure::from_parts(function, reader.u64()?);
            Error::Pkcs11(failure.ok_or(Malformed("CKR_OK is no failure"))?)
        }
        2 => Error::ModuleMisbehaved(reader.text()?.into()),
        3 => Error::PinFinalTry,
        4 => Error::PinRefused,
        5 => Error::SessionLost,
        6 => Error::DeadlinePassed { last: None },
        7 => Error::Reported {
            text: reader.text()?.into(),
            nature: match reader.u8()? {
                0 => Nature::Transient,
                1 => Nature::Permanent,
                2 => Nature::Unknown,
                _ => return Err(Malformed("an unknown nature")),
            },
            rung: rung(reader.u8()?)?,
        },
        _ => return Err(Malformed("an unknown failure")),
    })
}
