package language

import (
	"slices"
	"strings"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/analysis/lang/de"
	"github.com/blevesearch/bleve/v2/analysis/lang/en"
	"github.com/blevesearch/bleve/v2/analysis/lang/pl"

	"centrala"
)

// Lists are what searchers know before anybody has taught them: the languages' stop words, the
// words that only make a question of what is asked, and a few synonyms.
func Lists() []centrala.WordList {
	return []centrala.WordList{
		{Locale: "pl", Stop: stop(pl.PolishStopWords, `chce chciałbym chciałabym chcę czemu dlaczego dowiedzieć gdzie jaka jaką jaki jakie jakiego jakim jakich jak kiedy
			kto którego której który która które możliwe możliwość można mogę muszę należy pomocy pomoc potrzebuję poproszę proszę powinienem powinnam robić sposób sposobem trzeba umiem wiem
			wiedzieć zrobić da czy ile jest są mam mieć mój moja moje moim mojej moją moich państwa państwu pan pani swój swoje swojej swoim swoją sobie bardzo
			dobry dzień witam dziękuję pozdrawiam pytanie działa działają używać używanie używania znajdę znaleźć znajduje temat tematu temacie
			ktoś kogoś komuś coś czegoś czymś takiego szukam interesuje interesują zastanawiam rozumiem pojęcia wytłumaczy wytłumaczyć wyjaśni wyjaśnić powie powiedzieć podpowie
			pomoże pomóc pomóżcie chodzi zależy próbuję próbowałem próbowałam udaje zabrać prosiłbym prosiłabym uprzejmie serdecznie góry wdzięczny wdzięczna dzięki cześć hej
			potrzebny potrzebna potrzebne informacji informację informacja informacje pytania odpowiedź odpowiedzi kolei zatem więc może mógłby mogłaby moglibyście dałoby`),
			Synonyms: [][]string{{"paczka", "przesyłka"}, {"e-mail", "poczta elektroniczna"}, {"oddać", "zwrócić"}}},
		{Locale: "en", Stop: stop(en.EnglishStopWords, `how do does did can could should would may i my me you your we our what where when which who why want need get there any some
			please help hello hi thanks about from have has had am was were been being use using tell know way possible it's find topic question more
			somebody someone anybody anyone something anything looking look looked explain understand trying try tried wondering wonder sure idea could would like let know thank many appreciate
			information details advice hey sorry just really also way ways able`),
			Synonyms: [][]string{{"parcel", "package", "shipment"}, {"refund", "money back"}, {"e-mail", "electronic mail"}}},
		{Locale: "de", Stop: stop(de.GermanStopWords, `wie wo wann warum was wer welche welcher welches kann können könnte möchte muss soll sollte will brauche geht gibt bitte danke hallo hilfe
			mein meine meinen meinem meiner ich sie verwenden benutzen machen tun finde finden thema frage helfen mir
			jemand jemanden jemandem etwas suche suchen gesucht erklären erklärt verstehe verstehen versuche versucht weiß wissen bescheid sagen liebes liebe team danke vielen dank grüße
			freundlichen gerne mal bräuchte brauchen benötige informationen information hinweis hinweise auskunft anfrage fragen eigentlich leider überhaupt bzgl bezüglich`),
			Synonyms: [][]string{{"Paket", "Sendung"}, {"Rücksendung", "Retoure"}, {"E-Mail", "elektronische Post"}}},
	}
}

// stop joins a list of bleve's with more words.
func stop(list []byte, more string) []string {
	m := analysis.NewTokenMap()
	if err := m.LoadBytes(list); err != nil {
		panic("a list of stop words that is compiled in cannot be read: " + err.Error())
	}
	words := strings.Fields(more)
	for w := range m {
		words = append(words, w)
	}
	slices.Sort(words)
	return slices.Compact(words)
}
