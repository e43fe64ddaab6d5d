package change

var javaLang = codeLang{name: "java", slash: true, triple: true}
