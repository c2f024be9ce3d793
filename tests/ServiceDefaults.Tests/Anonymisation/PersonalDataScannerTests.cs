using System.Diagnostics;
using AiMesh.ServiceDefaults.Anonymisation;

namespace AiMesh.ServiceDefaults.Tests.Anonymisation;

public sealed class PersonalDataScannerTests
{
    [Theory]
    [InlineData("Write to ada@example.org.", "Email ada@example.org")]
    [InlineData("<Ada.Lovelace+news@mail.example.co.uk>", "Email Ada.Lovelace+news@mail.example.co.uk")]
    [InlineData("jörg@müller.example, please", "Email jörg@müller.example")]
    [InlineData("mailto:x_1@a-b.example-", "Email x_1@a-b.example")]
    [InlineData("a@b.example;c@d.example", "Email a@b.example|Email c@d.example")]
    [InlineData("Call +49 30 1234567 now", "Phone +49 30 1234567")]
    [InlineData("(212) 555-0147", "Phone (212) 555-0147")]
    [InlineData("212-555-0147", "Phone 212-555-0147")]
    [InlineData("1-800-555-0199", "Phone 1-800-555-0199")]
    [InlineData("tel:+442079460123", "Phone +442079460123")]
    [InlineData("0049 30 123456 78", "Phone 0049 30 123456 78")]
    [InlineData("030 1234567", "Phone 030 1234567")]
    [InlineData("+1 (212) 555-0147, ext. 3", "Phone +1 (212) 555-0147")]
    [InlineData("Card 4111 1111 1111 1111 exp 12/29", "CardNumber 4111 1111 1111 1111")]
    [InlineData("5500-0055-5555-5559", "CardNumber 5500-0055-5555-5559")]
    [InlineData("378282246310005", "CardNumber 378282246310005")]
    [InlineData("IBAN: DE89 3704 0044 0532 0130 00.", "Iban DE89 3704 0044 0532 0130 00")]
    [InlineData("gb82west12345698765432", "Iban gb82west12345698765432")]
    [InlineData("NL91 ABNA 0417 1643 00 bitte", "Iban NL91 ABNA 0417 1643 00")]
    [InlineData("SSN 123-45-6789", "NationalId 123-45-6789")]
    [InlineData("NINO AB 12 34 56 C", "NationalId AB 12 34 56 C")]
    [InlineData("DNI 12345678Z", "NationalId 12345678Z")]
    [InlineData("NIE X1234567L", "NationalId X1234567L")]
    [InlineData("cf RSSMRA85T10A562S", "NationalId RSSMRA85T10A562S")]
    [InlineData("pnr 811218-9876", "NationalId 811218-9876")]
    [InlineData("PESEL 44051401359", "NationalId 44051401359")]
    [InlineData("Steuer-ID 86 095 742 719", "NationalId 86 095 742 719")]
    [InlineData("NIR 2 55 08 14 168 025 38", "NationalId 2 55 08 14 168 025 38")]
    [InlineData("from 192.0.2.17:8080 to 10.0.0.1", "IpAddress 192.0.2.17|IpAddress 10.0.0.1")]
    [InlineData("2001:db8::1 and [fe80::1]", "IpAddress 2001:db8::1|IpAddress fe80::1")]
    [InlineData("Dr. Ada Lovelace wrote", "Name Ada Lovelace")]
    [InlineData("Sehr geehrte Frau Prof. Dr. Müller-Lüdenscheidt,", "Name Müller-Lüdenscheidt")]
    [InlineData("my colleague Maria Schmidt said", "Name Maria Schmidt")]
    [InlineData("Ludwig is here; thanks, Vincent van Gogh", "Name Vincent van Gogh")]
    [InlineData("my name is Sofia", "")]
    [InlineData("I am Sofia Herrera.", "Name Sofia Herrera")]
    [InlineData("lives at 221B Baker Street, London", "Address 221B Baker Street")]
    [InlineData("12 rue de la Paix, Paris", "Address 12 rue de la Paix")]
    [InlineData("Hauptstraße 5a in Berlin", "Address Hauptstraße 5a")]
    [InlineData("Via Roma, 3", "Address Via Roma, 3")]
    [InlineData("1600 Pennsylvania Avenue", "Address 1600 Pennsylvania Avenue")]
    public void Find_WhatIsPersonal(string text, string expected) => Assert.Equal(expected, Found(text));

    [Theory]
    [InlineData("")]
    [InlineData("2026-11-21 10:00:00")]
    [InlineData("10:30:15")]
    [InlineData("version 10.0.15 and 1.2.3.4.5")]
    [InlineData("256.1.1.1, 01.2.3.4")]
    [InlineData("4111 1111 1111 1112")]
    [InlineData("0000 0000 0000 0000")]
    [InlineData("order 1234567890123456")]
    [InlineData("DE89 3704 0044 0532 0130 01")]
    [InlineData("XX89370400440532013000")]
    [InlineData("000-12-3456, 666-12-3456, 923-45-6789")]
    [InlineData("12345678A")]
    [InlineData("44051401358")]
    [InlineData("811218-9875")]
    [InlineData("a@b, @example.org, ann@, ann@example.o, ann@example")]
    [InlineData("std::vector<int> and a::b")]
    [InlineData("12:34, ::")]
    [InlineData("123e4567-e89b-12d3-a456-426614174000")]
    [InlineData("target size 400000000, 37 investments")]
    [InlineData("3.14159265358979")]
    [InlineData("EUR 1 000 000.00")]
    [InlineData("pages 100-200, 300-400")]
    [InlineData("Mark the box in May. The street is long.")]
    [InlineData("Doctors and Mr in general")]
    [InlineData("ISBN 978-3-16-148410-0")]
    [InlineData("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    public void Find_WhatIsNot_IsLeft(string text) => Assert.Equal("", Found(text));

    [Fact]
    public void Find_InLargeTexts_TakesTimeByTheirLengthOnly()
    {
        string[] hard =
        [
            new('@', 1_000_000), new('1', 1_000_000), new(':', 1_000_000), string.Concat(Enumerable.Repeat("1 ", 500_000)), string.Concat(Enumerable.Repeat("a@", 500_000)),
            string.Concat(Enumerable.Repeat("a.", 500_000)) + "@", string.Concat(Enumerable.Repeat("Maria ", 160_000)), string.Concat(Enumerable.Repeat("DE89 3704 ", 100_000)),
            string.Concat(Enumerable.Repeat("(0)", 300_000)), string.Concat(Enumerable.Repeat("Dr ", 300_000)), string.Concat(Enumerable.Repeat("1 Street ", 100_000)), string.Concat(Enumerable.Repeat("é\u0301", 300_000)),
            new('(', 1_000_000), new('+', 1_000_000), "1" + new string(' ', 1_000_000), string.Concat(Enumerable.Repeat("called ", 150_000)), string.Concat(Enumerable.Repeat("Rue ", 250_000)),
        ];

        // As fast as an ordinary text of that length, give or take; what grows with the square takes thousands of times as long.
        var ordinary = TimeOf(string.Concat(Enumerable.Repeat("An ordinary text with 12 words. ", 31_250)));
        foreach (var text in hard)
        {
            var taken = TimeOf(text);
            Assert.True(taken < 100 * ordinary + TimeSpan.FromSeconds(1), $"\"{text[..10]}…\" took {taken}, an ordinary text {ordinary}.");
        }

        static TimeSpan TimeOf(string text)
        {
            var clock = Stopwatch.StartNew();
            PersonalDataScanner.Find(text);
            return clock.Elapsed;
        }
    }

    [Fact]
    public void Find_InAnyText_GivesSpansInOrderWithinIt()
    {
        var random = new Random(4711);
        const string Alphabet = "abcXYZ019 .@-+:/()\u00A0é😀\u0301\ud800DrMr";
        for (var round = 0; round < 20_000; round++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(60)).Select(_ => Alphabet[random.Next(Alphabet.Length)])]);
            var end = 0;
            foreach (var span in PersonalDataScanner.Find(text))
            {
                Assert.True(span.Start >= end && span.Length > 0 && span.Start + span.Length <= text.Length, text);
                end = span.Start + span.Length;
            }
        }
    }

    private static string Found(string text) => string.Join('|', PersonalDataScanner.Find(text).Select(span => $"{span.Kind} {text.Substring(span.Start, span.Length)}"));
}
