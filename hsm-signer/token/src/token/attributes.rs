//! C_GetAttributeValue, with a look at each length before memory is taken for it and before it is
//! believed: cryptoki takes whatever a module says, which ends the process where there is not so much,
//! and reads as far as the module says that it wrote.

use std::path::Path;

use cryptoki::object::{Attribute, AttributeType};
use cryptoki_sys::{
    CK_ATTRIBUTE, CK_ATTRIBUTE_PTR, CK_OBJECT_HANDLE, CK_RV, CK_SESSION_HANDLE, CK_ULONG,
    CK_UNAVAILABLE_INFORMATION, CKR_ATTRIBUTE_SENSITIVE, CKR_ATTRIBUTE_TYPE_INVALID,
    CKR_BUFFER_TOO_SMALL, CKR_OK,
};

use super::boundary::lied;
use super::function_list::Library;
use crate::error::Error;
use crate::failure::Pkcs11Failure;

/// No attribute of a key that is used comes near this length in bytes: one that is longer is treated as
/// not there.
const LONGEST: u64 = 64 * 1024;

/// No attribute of anybody's comes near this length: a module that says so lies.
const ABSURD: u64 = 64 * 1024 * 1024;

type GetAttributeValue =
    unsafe extern "C" fn(CK_SESSION_HANDLE, CK_OBJECT_HANDLE, CK_ATTRIBUTE_PTR, CK_ULONG) -> CK_RV;

/// The module's own function, for as long as the module is in this process.
#[derive(Clone, Copy)]
pub(super) struct AttributeReader(GetAttributeValue);

/// One attribute that is asked for.
struct Value {
    kind: AttributeType,
    /// Room for it.
    bytes: Vec<u8>,
    /// What the module says of its length.
    length: CK_ULONG,
}

impl AttributeReader {
    /// The function of `library`, which is at `path`. None of p11-kit, which gives another list of
    /// functions each time: its sessions are those of one list alone.
    pub(super) fn of(library: &Library, path: &Path) -> Option<Self> {
        let list = library.functions(path).ok().flatten()?;
        if library.functions(path).ok().flatten() != Some(list) {
            return None;
        }
        // SAFETY: the list is the module's own, and stays as long as the library.
        let function = unsafe { (*list).C_GetAttributeValue };
        function.map(Self)
    }

    /// What the object has of `kinds`, of the module at `path`.
    ///
    /// # Errors
    /// What the function returned; [`Error::ModuleLied`] for a length that cannot be,
    /// [`Error::ModuleMisbehaved`] for a value that is none.
    pub(super) fn read(
        self,
        path: &Path,
        session: CK_SESSION_HANDLE,
        object: CK_OBJECT_HANDLE,
        kinds: &[AttributeType],
    ) -> Result<Vec<Attribute>, Error> {
        let mut values: Vec<_> = kinds.iter().copied().map(Value::of).collect();
        self.ask(session, object, &mut values.iter_mut().collect::<Vec<_>>())?;
        let mut longer = Vec::new();
        for value in values.iter_mut().filter(|value| value.is_longer()) {
            if value.make_room(path)? {
                longer.push(value);
            }
        }
        if !longer.is_empty() {
            self.ask(session, object, &mut longer)?;
        }
        let there = values.iter().filter(|value| value.is_there());
        there.map(|value| value.attribute(path)).collect()
    }

    fn ask(
        self,
        session: CK_SESSION_HANDLE,
        object: CK_OBJECT_HANDLE,
        values: &mut [&mut Value],
    ) -> Result<(), Error> {
        let mut template: Vec<_> = values.iter_mut().map(|value| value.template()).collect();
        let count = template.len() as CK_ULONG;
        // SAFETY: the function is that of a module in this process. Each attribute points to room of
        // the length that it states, or nowhere, and outlives the call.
        let code = unsafe { (self.0)(session, object, template.as_mut_ptr(), count) };
        for (value, asked) in values.iter_mut().zip(&template) {
            value.length = asked.ulValueLen;
        }
        match code {
            // Of some there is none, or it is longer: their lengths say which.
            CKR_OK
            | CKR_BUFFER_TOO_SMALL
            | CKR_ATTRIBUTE_SENSITIVE
            | CKR_ATTRIBUTE_TYPE_INVALID => Ok(()),
            code => match Pkcs11Failure::from_parts("C_GetAttributeValue".into(), code) {
                Some(failure) => Err(failure.into()),
                None => Ok(()),
            },
        }
    }
}

impl Value {
    fn of(kind: AttributeType) -> Self {
        Self {
            kind,
            bytes: vec![0; kind.fixed_size().unwrap_or_default()],
            length: 0,
        }
    }

    fn template(&mut self) -> CK_ATTRIBUTE {
        CK_ATTRIBUTE {
            type_: self.kind.into(),
            pValue: match self.bytes.is_empty() {
                true => std::ptr::null_mut(),
                false => self.bytes.as_mut_ptr().cast(),
            },
            ulValueLen: self.bytes.len() as CK_ULONG,
        }
    }

    fn is_there(&self) -> bool {
        self.length != CK_UNAVAILABLE_INFORMATION
    }

    /// Whether there is more of it than there is room.
    fn is_longer(&self) -> bool {
        self.is_there() && self.length > self.bytes.len() as CK_ULONG
    }

    /// Whether there is room for it now.
    fn make_room(&mut self, path: &Path) -> Result<bool, Error> {
        match self.length {
            0..=LONGEST => self.bytes.resize(self.length as usize, 0),
            ABSURD.. => return Err(self.absurd(path)),
            _ => {
                self.length = CK_UNAVAILABLE_INFORMATION;
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn absurd(&self, path: &Path) -> Error {
        let (length, kind) = (self.length, self.kind);
        lied(path, format!("a length of {length} bytes for {kind}"))
    }

    fn attribute(&self, path: &Path) -> Result<Attribute, Error> {
        if self.is_longer() {
            return Err(self.absurd(path));
        }
        let mut read = CK_ATTRIBUTE {
            type_: self.kind.into(),
            pValue: std::ptr::null_mut(),
            ulValueLen: self.length,
        };
        if self.length > 0 {
            // Only read from.
            read.pValue = self.bytes.as_ptr().cast_mut().cast();
        }
        Ok(Attribute::try_from(read)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says of each attribute that it has seven bytes, and writes as many as there is room for.
    unsafe extern "C" fn seven(
        _: CK_SESSION_HANDLE,
        _: CK_OBJECT_HANDLE,
        template: CK_ATTRIBUTE_PTR,
        count: CK_ULONG,
    ) -> CK_RV {
        for place in 0..count as usize {
            // SAFETY: the caller gives so many attributes, each with room of its length.
            unsafe {
                let attribute = &mut *template.add(place);
                if !attribute.pValue.is_null() {
                    attribute
                        .pValue
                        .cast::<u8>()
                        .write_bytes(7, attribute.ulValueLen as usize);
                }
                attribute.ulValueLen = 7;
            }
        }
        CKR_OK
    }

    /// Says that it wrote more than there was room for.
    unsafe extern "C" fn more(
        session: CK_SESSION_HANDLE,
        object: CK_OBJECT_HANDLE,
        template: CK_ATTRIBUTE_PTR,
        count: CK_ULONG,
    ) -> CK_RV {
        for place in 0..count as usize {
            // SAFETY: as above.
            unsafe { (*template.add(place)).ulValueLen += 100 };
        }
        let _ = (session, object);
        CKR_OK
    }

    /// Has nothing.
    unsafe extern "C" fn nothing(
        _: CK_SESSION_HANDLE,
        _: CK_OBJECT_HANDLE,
        template: CK_ATTRIBUTE_PTR,
        count: CK_ULONG,
    ) -> CK_RV {
        for place in 0..count as usize {
            // SAFETY: as above.
            unsafe { (*template.add(place)).ulValueLen = CK_UNAVAILABLE_INFORMATION };
        }
        CKR_ATTRIBUTE_TYPE_INVALID
    }

    fn read(function: GetAttributeValue, kind: AttributeType) -> Result<Vec<Attribute>, Error> {
        AttributeReader(function).read(Path::new("module.so"), 1, 2, &[kind])
    }

    #[test]
    fn no_more_is_read_than_there_is_room_for() {
        let label = read(seven, AttributeType::Label).unwrap();
        assert_eq!(label, [Attribute::Label(vec![7; 7])]);
        assert!(read(nothing, AttributeType::Label).unwrap().is_empty());
        for kind in [AttributeType::Label, AttributeType::Sign] {
            let error = read(more, kind).unwrap_err().to_string();
            assert!(error.contains("module.so returned a length of"), "{error}");
        }
    }
}
