#include "interceptors/content/attack_patterns.h"

#include <re2/re2.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"

namespace warden::content {
namespace {

// RE2 compiles what is joined here into one automaton, whose states are made as texts ask for them
// and dropped when this is full.
constexpr int64_t kMemory = 16 << 20;

// Patterns say what comes before and after a word wherever people use the word too. Repetitions
// are not counted (`*`, not `{0,80}`): counting costs states, and the text is bounded as it is.

// Shell commands that nobody writes otherwise, and what others are called with.
constexpr char kCommands[] =
    R"((?:whoami|uname|ifconfig|ipconfig|nslookup|wget|netcat|ncat|powershell|pwsh|certutil)"
    R"(|bitsadmin|rundll32|regsvr32|systeminfo|netstat|printenv|chmod|chown|tcpdump|useradd|socat)"
    R"(|busybox|mkfifo|tasklist)\b)"
    R"(|(?:id|ls|pwd|env|w|ps|dir|set|reboot|sh|bash|zsh|passwd|hostname|vol|ver)\s*(?:$|[|;&#>`)<\n]))"
    R"(|(?:ls|rm|cp|mv|sh|bash|zsh|python[23]?|perl|ruby|php|node|nc|kill|base64|sed|grep|head|tail)"
    R"(|tftp|xterm|nmap|gcc|crontab|ps|ping|curl|id|uniq|sort|cut|shutdown|mail|ssh|tar|dd)\s+-\w)"
    R"(|(?:cat|ls|rm|cp|mv|tee|touch|mkdir|more|less|head|tail|find|cd|source|file|strings|nl|tac|od)"
    R"(|xxd|stat|vi|nano|tar)\s+(?:[~/.$*<]|[\w-]*[/*?]|[\w-]+\.\w))"
    R"(|curl\s+['"]?(?:https?:|ftp:|[\w-]+\.\w)|ping\s+(?:\d+\.|[\w-]+\.\w)|sleep\s+\d)"
    R"(|dig\s+(?:[@+]|[\w-]+\.\w)|host\s+[\w-]+\.\w|telnet\s+[\w.]+\s+\d|nc\s+[\w.]+\s+\d)"
    R"(|ps\s+(?:aux|-)|echo\s+(?:['"$`\\-]|\w+\s*(?:$|[>|;&`)]))|type\s+(?:[a-z]:|[\w\\]+\.\w)|dir\s+[a-z]:)"
    R"(|net\s+(?:user|localgroup|use|view)\b|cmd(?:\.exe)?\s*/|awk\s+['"{]|xargs\s|kill\s+\d)"
    R"(|ssh\s+[\w-]+@|timeout\s+(?:/t\s*)?\d|expr\s+\d|cat\s*</|printf\s+['"%\\]|eval\s+[$`"'])";

constexpr const char* kSql[] = {
    // Out of a string or bracket, into a condition that always or never holds.
    R"(['"`)]\s*\)*\s*(?:or|and|xor|\|\||&&|having|where)[\s('"`!~+@-]*(?:not\s+)?(?:exists\s*\()"
    R"(|(?:true|false|null)\s*(?:--|#|;|/\*|$|\))|[\w.]+['"`)\s]*(?:=|<|>|!=|like\b|rlike\b|regexp\b)"
    R"(|between\s+['"\d]|is\s+(?:not\s+)?null|in\s*\(\s*['"\d]|in\s*\(\s*select\b)|['"]\s*(?:=|<|>|like\b)))",
    R"(\b(?:or|and|xor)[\s(]+\d+[\s)]*(?:=|<>|<|>|!=|like\s)[\s(]*['"]?\d)",
    R"(\b(?:or|and|xor|\|\||&&)[\s(]*(?:'[^']*'|"[^"]*")\s*(?:=|<|>|like)\s*['"(\d])",
    R"((?:\|\||&&)\s*\d+\s*=\s*\d)",
    R"(['"`)]\s*(?:or|and|xor|\|\||&&)\s+[('"]*\d+['")]*\s*(?:--|#|/\*|;)|['"]\s*=\s*\d+\s*(?:--|#))",
    R"(\b(?:or|and|xor)[\s(]+(?:(?:\w+\s*\(\s*)+\(?\s*select\b|(?:not\s+)?exists\s*\(\s*select\b|@@\w))",
    R"('\s*(?:=|<|>|<>|!=|like|\*|\^|%|\+|-|&|\|)\s*'\s*(?:--|#|$|=|or\b|and\b|;))",
    R"(\bor\s+(?:not\s+)?true\s*(?:--|#|;|/\*))",
    R"(\b(?:or|and)\s+(?:\w+\s+)?(?:is\s+(?:not\s+)?null|like\s+['"]%|regexp\s+['"])|\bhaving\s+\d+\s*[=<>])",
    // Another query.
    R"(\bunion\b[\s(]+(?:(?:all|distinct)\b)?[\s(]*select\b[\s(]*(?:null|\d|'|"|@|\*|char\s*\()"
    R"(|concat|load_file|distinct\b|[\w.]+\s*\(|[\w.`"\[\]]+\s*,\s*[\w.`"\[\]@()*]+\s*(?:,|from\b|--|#|;|$))"
    R"(|[\w.`"\[\]]+\s+from\b))",
    R"(;\s*(?:drop|alter|create|truncate)\s+(?:table|database|schema|view|user|login|index|procedure)"
    R"(|function|trigger|role)\b)",
    R"(['")]\s*(?:drop|alter|create|truncate)\s+(?:table|database|schema)\b)",
    R"(;\s*delete\s+from\s+[\w.`"\[\]]+\s*(?:;|--|#|where\b|$|'|"))",
    R"(;\s*(?:insert|replace)\s+into\s+[\w.`"\[\]]+\s*(?:\(|values\b|select\b))",
    R"(;\s*update\s+[\w.`"\[\]]+\s+set\s+\w+\s*=)",
    R"(;\s*(?:exec(?:ute)?\s*(?:\(|@|(?:master\.*)?(?:dbo)?\.*[xs]p_|immediate\b)|declare\s+@)"
    R"(|shutdown\s*(?:--|;|$|with\b)|waitfor\s+(?:delay|time)|copy\s+\w+\s+(?:from|to)\b|attach\s+database)"
    R"(|grant\s+[\w\s,]+\s+(?:on|to)\s|select\s+(?:pg_|sleep|benchmark|@@|version\s*\(|[\w*,.\s()]+\bfrom\s))"
    R"(|set\s+@|call\s+\w+\s*\(|handler\s+\w+\s+open|do\s+sleep|begin\s+declare|load\s+data|vacuum\s+into))",
    R"(\bexec(?:ute)?\s*(?:\(\s*(?:char|0x|@)|master\b|xp_|sp_(?:oa|password|addlogin|executesql|configure)))",
    R"((?:['")\d]|=|,|\bor|\band|\|\|)\s*\(\s*select\b.*\bfrom\s)",
    R"((?:['")\d]|=|,|\bor|\band|\|\|)\s*\(\s*select\s*(?:\(|\d|@@|'|user\b|version|database|current_user|sleep|char))",
    // The rest of the query is cut off.
    R"(['"]\s*\)*\s*;?\s*(?:--|#|/\*|;?\x00)[\s+-]*$)",
    R"(['"]\s*\)*\s*;\s*(?:--|#|/\*))",
    R"((?:['")]|\d)\s+(?:order|group)\s+by\s+(?:\d+|\w+)(?:\s*,\s*\d+)*\s*(?:--|#|/\*|;|$|having\b))",
    R"(\w'\s*(?:--|#|/\*)\s*(?:$|[\s+-]))",
    // What only attackers call.
    R"((?:\bselect|\bor|\band|\bwhen|\bthen|\bxor|\brlike|\bregexp|['")|*+-])\s*\(?\s*(?:sleep|pg_sleep|benchmark|randomblob)"
    R"(|dbms_pipe\.receive_message|dbms_lock\.sleep|dbms_session\.sleep|extractvalue|updatexml|load_file)"
    R"(|xmltype|ctxsys\.drithsx\.sn|utl_inaddr\.\w+|utl_http\.request|st_latfromgeohash|gtid_subset)"
    R"(|exp\s*\(\s*~|master\.\.)\s*\()",
    R"(\bif\s*\(.*,\s*(?:sleep|benchmark)\s*\(|\bcase\s+when\b.*\bthen\b.*(?:sleep|pg_sleep|select|1\s*/\s*0))",
    R"(\bwaitfor\s+(?:delay|time)\s*['"\d(]|\bxp_(?:cmdshell|dirtree|regread|fileexist|servicecontrol)\b)",
    R"(\binto\s+(?:out|dump)file\s*['"]|\bload_file\s*\(\s*(?:['"/]|0x|char))",
    R"(\binformation_schema\s*\.|\b(?:mysql\.(?:user|innodb)|sqlite_master|sqlite_schema|sys\.(?:tables|objects)"
    R"(|schema|user)|pg_(?:catalog|shadow|user|tables|read_file|ls_dir)|syscolumns|sysobjects|all_tables)"
    R"(|v\$version|msysobjects|user_tab_columns)\b)",
    R"((?:['")\d]|\bselect|=|,)\s*(?:\|\||\+)?\s*@@(?:version|hostname|datadir|global|basedir|servername))",
    R"(\bprocedure\s+analyse\s*\(|\bopen(?:rowset|query|datasource)\s*\(|\bbulk\s+insert\b)",
    R"(['"]\s*(?:\|\||\+)\s*(?:\(\s*select\b|ch(?:a)?r\s*\(|cast\s*\(|convert\s*\(|utl_)|['"]\s*\|\|\s*')",
    R"(\b(?:convert|cast)\s*\(\s*(?:int\b|\(\s*select).*(?:@@|select\b|\bas\s+int\b.*--)|\bconv\s*\(\s*10)",
    R"((?:char|chr)\s*\(\s*(?:0x[0-9a-f]+|\d+)\s*\)\s*(?:\+|\|\||,)\s*(?:char|chr)\s*\()",
    R"('\s*(?:div|mod|rlike|regexp|sounds\s+like|collate|between)\s+(?:['"(\d]|\w+--))",
    R"(\\'\s*(?:or|and|;|--|union))",
};

constexpr const char* kNosql[] = {
    R"(["'\[{(,:]\s*\$(?:ne|eq|gte?|lte?|n?in|regex|options|where|exists|or|and|nor|not|expr|elemmatch|all)"
    R"(|size|type|mod|text|jsonschema|function|accumulator|lookup|set|unset|push|pull|inc|rename|comment)"
    R"(|near|geowithin)\b["']?\s*[\]:=])",
    R"(\$where\s*["']?\s*[:=])",
    R"(['"]\s*[)}\]]*\s*(?:\|\||&&|;)\s*(?:['"\d(]+\w*['"]*\s*===?|this\.|this\[|return\b|sleep\s*\()"
    R"(|true\b|db\.|while\s*\(|var\s+\w+\s*=|it=|tojson|if\s*\())",
    R"(\d\s*;\s*(?:return\s+(?:true|1|this)|while\s*\(\s*(?:true|1)\s*\)|var\s+\w+\s*=\s*new\s+date|sleep\s*\())",
    R"(['";}]\s*db\s*\.\s*(?:\w+\s*\.\s*)?(?:find|insert|remove|drop|update|delete|aggregate|mapreduce)"
    R"(|dropdatabase|getcollectionnames|adduser|injection|eval|version|listcollections)\w*\s*\()",
    R"((?:['"{(&|]|\breturn)\s*this\s*(?:\.\w+|\[['"]\w+['"]\])\s*(?:\.\s*match\s*\(|[!=]==?|\.length))",
    R"(^\s*\{\s*["']?\$\w+)",
    R"(function\s*\(\s*\)\s*\{\s*(?:return\b|while\b|sleep\b|this\b|var\s))",
    R"(\bnew\s+date\s*\(\s*\)[^;]*;?\s*(?:do|while)\s*[{(])",
    R"(['"]\s*\}?\s*\)\s*(?:return|detach\s+delete|match\s*\(|union\s+match|call\s+db|load\s+csv)\b)",
    R"(\b_all_docs\b|\b_design/|["']selector["']\s*:\s*\{)",
    R"(['"]\s*,\s*\$\w+\s*:|\[\$(?:ne|gt|lt|gte|lte|regex|in|nin|where|exists)\])",
};

constexpr const char* kXss[] = {
    R"(<[\s/]*(?:script|iframe|svg|math|frameset|foreignobject|bgsound|xss|noscript|isindex|portal)"
    R"(|animate|annotation-xml|xml|listing|plaintext)(?:[\s/>"'+:<]|$))",
    R"(<[\s/]*(?:object|embed|applet|base|link|meta|frame|form|layer|style|template)[\s/]+[\w:-]+\s*=)",
    R"(<style[\s/>].*(?:@import|expression|javascript|</style|\{)|<base[\s/]+href)",
    R"(<[a-z!?/][^>]*[\s/"'+`]on[a-z]+\s*=)",
    R"(<[a-z]+[^>]*\s(?:srcdoc|formaction|xlink:href|autofocus|contenteditable|http-equiv)\b)",
    R"((?:^|["'`\s/>;])on(?:error|load|loadstart|click|dblclick|auxclick|contextmenu|mouse\w+|pointer\w+|focus)"
    R"(|focusin|focusout|blur|key(?:up|down|press)|submit|change|input|select|toggle|begin|end|repeat)"
    R"(|animation\w+|transition\w+|wheel|drag\w*|drop|copy|cut|paste|resize|scroll\w*|unload|beforeunload)"
    R"(|hashchange|message|popstate|show|start|finish|bounce|canplay\w*|page\w+|readystatechange|search)"
    R"(|invalid|reset|cuechange|durationchange|ended|playing|play|timeupdate)\s*=\s*["'`]?[^\s"'=<>]*[(`\[=.])",
    R"((?:javascript|vbscript|livescript|jscript)\s*:\s*(?:[\w.$]*\s?[(\[`=%]|//|/\*|['"]|void\b|eval\b)"
    R"(|alert\b|throw\b|import\b|(?:document|window|location|self|top|this|parent)\s*[.\[=]|$|\\|&))",
    R"(data\s*:\s*(?:text/(?:html|xml|javascript)|image/svg\+?\s?xml|application/(?:xhtml|javascript|xml))[^,]*,)",
    R"([:;"'({]\s*expression\s*\(|-moz-binding\s*:|behaviou?r\s*:\s*url\s*\(|@import\s*(?:url|['"]?(?:https?:|//|javascript|data:)))",
    R"(url\s*\(\s*['"]?\s*(?:javascript|vbscript|data:text/html))",
    R"(['"`]\s*[;,)}\]]+\s*(?:alert|confirm|prompt|eval|fetch|settimeout|setinterval|import|new\s+image)\s*[(`])",
    R"(['"`]\s*[;,)}\]]+\s*(?:document|window|location|top|self|parent)\s*[.\[=])",
    R"(['"`]\s*[-+*/|&^%]+\s*(?:alert|confirm|prompt|eval|fetch|import|\(?\s*(?:top|self|window|document|parent|this)\s*[.\[])\s*[(`\[.]?)",
    R"(\$\{\s*(?:alert|confirm|prompt|eval|fetch|document|window)\s*[(.`\[])",
    R"(<!--.*(?:-->)?\s*<\s*(?:img|script|iframe|a|svg)\b|<!entity\b|<!doctype\b[^>]*\[|<\?xml[^>]*\?>\s*<!|<\?xml-stylesheet|<!\[cdata\[)",
    R"(<\?(?:php|=)\s|<a[\s/][^>]*href\s*=\s*["']?\s*(?:javascript|vbscript|data):)",
    R"((?:top|window|self|parent|frames|globalthis)\s*\[\s*['"/`][\w\s+'"`/.]*\]\s*[(`]|\beval\s*\(\s*(?:atob|unescape|string\.fromcharcode|location|name|['"]\\)|\bstring\.fromcharcode\s*\(\s*\d)",
    R"(\[\s*\]\s*(?:\[|\.)\s*['"]?(?:filter|constructor|map|find)['"]?\s*\]?\s*(?:\[|\.)\s*['"]?constructor)",
    R"(\bdocument\s*\.\s*(?:cookie|domain)\s*(?:[+)]|$)|\.innerhtml\s*=\s*['"`]?<|\bdocument\s*\.\s*write\s*\(\s*['"`(]?\s*(?:<|unescape|string))",
};

constexpr const char* kPathTraversal[] = {
    R"((?:^|[/\\=:,;\s"'(<|&?#\x00])\.\.(?:;[^/\\]*)?[/\\])",
    R"([/\\]\.\.(?:$|[/\\;?#\s"'\x00])|^\.\.$)",
    R"(\.{2,}[/\\]+\.{1,}[/\\]|\.\.\\+\.\.|^\.{3,}[/\\])",
    R"((?:^|[\s"'=:(,;|])[/\\]+(?:etc[/\\]+(?:passwd|shadow|group|hosts|sudoers|ssh|crontab|issue|mysql|nginx)"
    R"(|apache2?|httpd|environment|fstab|master)|proc[/\\]+(?:self|version|\d+|net|cpuinfo|mounts|cmdline))"
    R"(|root[/\\]+\.|var[/\\]+(?:log|run|mail|www|lib/mysql)[/\\]|boot\.ini|home/\w+/\.(?:ssh|bash)|dev/(?:tcp|null|random|zero)))",
    (R"((?:^|[^a-z])[a-z]:[/\\]+(?:windows|winnt|boot\.ini|inetpub|programdata|users[/\\]+administrator|autoexec|pagefile)"
     R"(|system volume)|[/\\](?:win\.ini|boot\.ini|system32|web-inf|meta-inf|\.htaccess|\.htpasswd|\.git[/\\]))"),
    R"((?:^|[\s"'=])(?:file|phar|zip|expect|netdoc|jar|glob|compress\.zlib|ogg|rar|gopher|dict)://?|jar:(?:https?|file):|php://(?:filter|input|output|fd|memory|temp|stdin))",
    R"(^\\\\[\w.$-]+\\|(?:^|[/\\])\.(?:ssh[/\\](?:id_|authorized|known)|env$|aws[/\\]|bash_history|svn[/\\]|docker[/\\]))",
    R"(\.\w+\x00|\x00\.\w|\x00$)",
};

constexpr const char* kLdap[] = {
    R"(\)\s*\(\s*[|&!]\s*(?:[()]|$)|\(\s*[|&]\s*\(\s*[\w-]+\s*[~<>:]?=)",
    R"(\*\s*\)\s*\(|\)\s*\(\s*[\w-]+\s*[~<>:]?=\s*[*\w])",
    R"(\(\s*!\s*\(\s*[\w-]+\s*=|[|&!]\s*\(\s*[\w-]+\s*[~<>]?=\s*\*)",
    R"(\*\s*\)+\s*(?:[%\x00&|(]|$))",
    (R"((?:^|\(|\))\s*(?:objectclass|objectcategory|cn|uid|sn|ou|dc|samaccountname|userprincipalname|userpassword)"
     R"(|mail|memberof|givenname|homedirectory|uidnumber)\s*[~<>:]?=\s*[^\s,)]*\*)"),
    R"((?:\\(?:2a|28|29|00|5c|7c|26)\s*\W?){2,}|\)\s*\x00|^\s*\*{1,2}\s*$|\*\(\)|^[\w.@-]*\*\)|^\)\s*\()",
    R"(\(\s*[\w-]+\s*=\s*\*\s*\)|\)\)\s*\(\s*[|&])",
};

constexpr const char* kTemplate[] = {
    (R"(\{\{[^{}]*(?:\*|\+|\(|\[|__|\|\s*(?:attr|safe|join|map|filter|system|exec|passthru|reduce|sort)"
     R"(|e\b)|\.(?:constructor|class|config|mro|env|request|application)\b|\d\s*[-/]\s*\d)[^{}]*\}\})"),
    R"(\{\{-?\s*(?:config|self|cycler|joiner|lipsum|url_for|get_flashed_messages|constructor|app|dump|_self|range)\b)",
    R"(\{%-?\s*(?:for|if|set|import|include|extends|macro|raw|debug|call|block|print|with|load|from)\b)",
    R"([$#@*~%]\{\s*(?:[^{}]*[*+/(\[^]|jndi|lower:|upper:|env:|sys:|java:|ctx:|date:|main:|k8s:|docker:|spring:|bundle:|web:|log4j:|base64:|::-|new\b|class\b|t\s*\(|\d))",
    R"(\$\{[^}]*\$\{|\$\{\s*(?:\w*:)?-\w\})",
    R"(<%\s*[=@!-]|<%\s+\w[^%]*[(;.])",
    R"(<#(?:assign|list|if|include|import|macro|setting|attempt|ftl)\b|\[#assign\b|\[=\s*\d|freemarker\.template)",
    R"(\[\[\s*\$\{|\[\(\s*\$\{|__\$\{|\}__::|\[\[\s*\d+\s*\*)",
    R"(@\(\s*\d+\s*[*+]|@\{[^}]*[(;=]|#set\s*\(\s*\$|#(?:foreach|evaluate|include|parse)\s*\()",
    R"(\.getclass\s*\(|\.getruntime\s*\(|\.forname\s*\(|\bt\s*\(\s*java\.|\$class\.inspect|java\.lang\.(?:runtime|processbuilder|class))",
    R"(\{(?:php|literal|system\s*\(|\$smarty|if\s+(?:phpinfo|system|passthru|exec|readfile)|self::|fetch\s+file))",
    R"(%\{\(?#?[\w@]*[=.(@]|\(#\w+\s*=|@ognl\.|@java\.lang|#_memberaccess|#context\[|\$\{#?\w*\.?\w*\()",
    R"(__(?:class|mro|subclasses|globals|builtins|import|init|base|bases|getattribute|dict|self)__)",
    R"(#\{.*(?:system|exec|`|%x|eval|file\.|io\.|kernel|dir\.)|\{\{=|\{!!|\{@(?:math|html|debug|const)\b)",
    R"(jndi\s*:\s*(?:ldaps?|rmi|dns|nis|iiop|corba|http)\s*:|\$\{\$?j\$?\{?)",
};

constexpr const char* kHeader[] = {
    R"([\r\n]|\xe5\x98\x8a|\xe5\x98\x8d)",  // U+560A and U+560D: what is cut to one byte is LF and
                                            // CR
};

template <size_t kCount>
std::string Join(const char* const (&patterns)[kCount]) {
  std::string joined;
  for (const char* const pattern : patterns) {
    absl::StrAppend(&joined, joined.empty() ? "" : "|", "(?:", pattern, ")");
  }
  return joined;
}

std::string CommandPattern() {
  const std::string called = absl::StrCat(
      R"((?:sudo\s+|exec\s+|nohup\s+)?(?:[a-z]:\\\S*\\|/(?:usr/)?(?:local/)?s?bin/)?(?:)",
      kCommands, ")");
  const std::string joined[] = {
      absl::StrCat(R"((?:;|\||&|\n|\r|\{)\s*)", called),
      absl::StrCat(R"((?:`|\$\(|<\(|>\()\s*)", called),
      R"(\$\{?ifs\b|\$\{?path:|/dev/(?:tcp|udp)/|%comspec%|%0a\s*(?:id|cat|ls)\b)",
      R"((?:^|[\s;|&"'=(`])/(?:usr/)?(?:local/)?s?bin/(?:(?:ba|z|k|c|da|tc)?sh|cat|ls|id|nc|env|python|perl|wget|curl|whoami|uname|ping|rm|sleep)\b)",
      R"(\bcmd(?:\.exe)?\s+/[ckv]\b|\bpowershell(?:\.exe)?\s+-|\biex\s*\(|invoke-(?:expression|webrequest|command)\b|downloadstring\s*\()",
      R"(\(\)\s*\{\s*[:_]?\s*;?\s*\}?\s*;|:\(\)\s*\{\s*:\s*\|)",
      R"((?:>|>>|<)\s*/(?:dev|tmp|etc|var|proc|root|home)/)",
      R"(\{(?:cat|ls|wget|curl|nc|id|bash|sh|ping|sleep|rm|echo),)",
      R"(\b(?:curl|wget)\b.*\|\s*(?:sudo\s+)?(?:ba|z)?sh\b|\bnc\s+(?:-\w+\s+)*-\w*e|\bbash\s+-i\b|\brm\s+-rf?\s+[/~*])",
      R"((?:^|[;&|`\s])(?:python[23]?|perl|ruby|php)\s+-[erc]\s|\bbase64\s+-d|\bxxd\s+-r\b|\bmkfifo\s+/)",
      R"((?:;|\||&&)\s*\$[a-z_{(@]|(?:;|\|)\s*/(?:\w|\?)[\w?*]*/[\w?*]+|/\?{2,}/)",
      R"(\|\|?\s*(?:ping|sleep|timeout)\s+-?\w*\s*\d|&\s*(?:ping|dir|type|del|echo)\s+[-%/a-z0-9]*[\\/.:%-])",
  };
  std::string all;
  for (const std::string& one : joined) {
    absl::StrAppend(&all, all.empty() ? "" : "|", "(?:", one, ")");
  }
  return all;
}

std::unique_ptr<const RE2> Compile(const std::string& pattern) {
  RE2::Options options;
  options.set_max_mem(kMemory);
  options.set_encoding(RE2::Options::EncodingLatin1);
  options.set_dot_nl(true);
  options.set_never_capture(true);
  return std::make_unique<const RE2>(pattern, options);
}

std::string PatternOf(Attack attack) {
  switch (attack) {
    case Attack::kSql:
      return Join(kSql);
    case Attack::kNosql:
      return Join(kNosql);
    case Attack::kXss:
      return Join(kXss);
    case Attack::kPathTraversal:
      return Join(kPathTraversal);
    case Attack::kCommand:
      return CommandPattern();
    case Attack::kLdap:
      return Join(kLdap);
    case Attack::kTemplate:
      return Join(kTemplate);
    case Attack::kHeader:
      return Join(kHeader);
    case Attack::kControlChars:
    case Attack::kBidi:
      break;
  }
  return "";
}

struct Patterns {
  std::unique_ptr<const RE2> of[kAttacks];
  Patterns() {
    for (size_t i = 0; i < kAttacks; ++i) {
      const std::string pattern = PatternOf(static_cast<Attack>(i));
      if (!pattern.empty()) of[i] = Compile(pattern);
    }
  }
};

}  // namespace

bool MatchesPattern(Attack attack, std::string_view text) {
  static const auto* const patterns = new Patterns;
  const RE2* const pattern = patterns->of[static_cast<size_t>(attack)].get();
  if (pattern == nullptr) return false;
  // One that did not compile, which a test would have found and RE2 says on stderr, matches
  // everything.
  return !pattern->ok() || RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *pattern);
}

}  // namespace warden::content
