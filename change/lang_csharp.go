package change

var csharpLang = codeLang{name: "csharp", slash: true, triple: true, prefixes: "$@"}
