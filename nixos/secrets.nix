# Finds secrets that are written as text in the settings, where every user of the host could read them.
{ lib }:
let
  isSecretName =
    key:
    builtins.match "(.*[._-])?(password|passwd|passphrase|secret|token|key|apikey|credential|credentials)" (
      lib.toLower key
    ) != null;
  isSecretHeader =
    header:
    builtins.match "(.*-)?(authorization|cookie|token|key|apikey|secret|password)" (lib.toLower header) != null;
  hasPassword = text: builtins.match "[a-z0-9+]+://[^/@:]*:[^/@]+@.*" text != null;
  isStored = value: builtins.isPath value || lib.hasPrefix builtins.storeDir value;
  isText = value: builtins.isString value || builtins.isPath value;

  # What holds names that users choose, and no secrets.
  unnamed = [ "labels" ];

  shown = key: if builtins.match "[A-Za-z_][A-Za-z0-9_-]*" key != null then key else builtins.toJSON key;

  # Every text with its option and its key; the key of a text in a list is that of the list.
  texts =
    option: key: under: value:
    if lib.isAttrs value then
      lib.concatLists (
        lib.mapAttrsToList (
          name: texts "${option}.${shown name}" name (if name == "headers" then "headers" else key)
        ) (removeAttrs value unnamed)
      )
    else if lib.isList value then
      lib.concatLists (lib.imap0 (at: texts "${option}[${toString at}]" key under) value)
    else
      lib.optional (isText value) { inherit option key under value; };

  # A key that names a file with a secret.
  namesSecret = key: lib.hasSuffix "_file" key && key != "ca_file";

  refusal =
    credentials:
    {
      option,
      key,
      under,
      value,
    }:
    let
      inFile = ''
        Put it into a file outside the store, name that file in services.watchkeeper.credentials.NAME, and set'';
    in
    if namesSecret key then
      if isStored value then
        "${option} is a file in the store, which every user of this host can read. ${inFile} ${key} = \"NAME\"."
      else if lib.hasPrefix "/" value || lib.elem value credentials then
        null
      else
        "${option} must be one of the names in services.watchkeeper.credentials (${
          if credentials == [ ] then "there are none" else lib.concatStringsSep ", " credentials
        }) or the absolute path of a file outside the store. It is not shown here, as it may be a secret."
    else if builtins.isPath value then
      null
    else if under == "headers" && isSecretHeader key then
      "${option} is a secret as text, and every user of this host can read the store. ${inFile} token_file, or username and password_file, instead of the header."
    else if isSecretName key then
      "${option} is a secret as text, and every user of this host can read the store. ${inFile} ${lib.last (lib.splitString "." key)}_file = \"NAME\"."
    else if hasPassword value then
      "${option} is a URL with a password, and every user of this host can read the store. ${inFile} ${key}_file = \"NAME\", or the URL without the password and password_file."
    else
      null;
in
{
  # Whether a file is named by its absolute path, as a string, and is not in the store.
  isOutside =
    file:
    builtins.isString file && lib.hasPrefix "/" file && !lib.hasPrefix "${builtins.storeDir}/" file;

  # The options below `settings` that name a credential, with it: `{ option, credential }`.
  uses =
    option: settings: credentials:
    map (
      text:
      {
        inherit (text) option;
        credential = text.value;
      }
    ) (lib.filter (text: namesSecret text.key && lib.elem text.value credentials) (texts option "" "" settings));

  assertions =
    {
      option,
      settings,
      credentials,
    }:
    map (message: {
      assertion = false;
      inherit message;
    }) (lib.filter (message: message != null) (map (refusal credentials) (texts option "" "" settings)));
}
