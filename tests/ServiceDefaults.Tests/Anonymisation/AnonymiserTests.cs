using System.Net;
using AiMesh.ServiceDefaults.Anonymisation;

namespace AiMesh.ServiceDefaults.Tests.Anonymisation;

public sealed class AnonymiserTests
{
    private static readonly Anonymiser Anonymiser = new([.. Enumerable.Range(0, 32).Select(i => (byte)i)]);

    [Theory]
    [InlineData("ada@example.org", PersonalKind.Email, "a***@example.org")]
    [InlineData("ada@example.org", PersonalKind.Unknown, "a***@example.org")]
    [InlineData("+49 30 1234567", PersonalKind.Phone, "*** ** *****67")]
    [InlineData("4111 1111 1111 1111", PersonalKind.CardNumber, "**** **** **** 1111")]
    [InlineData("DE89 3704 0044 0532 0130 00", PersonalKind.Iban, "DE** **** **** **** **30 00")]
    [InlineData("123-45-6789", PersonalKind.NationalId, "***-**-**89")]
    [InlineData("Ada Lovelace", PersonalKind.Name, "A*** L***")]
    [InlineData("192.0.2.17", PersonalKind.IpAddress, "192.0.*.*")]
    [InlineData("2001:db8::1", PersonalKind.IpAddress, "2001:db8:*")]
    [InlineData("Baker Street 221B", PersonalKind.Address, "***")]
    [InlineData("no number", PersonalKind.CardNumber, "***")]
    [InlineData("12", PersonalKind.Phone, "***")]
    [InlineData("secret", PersonalKind.Unknown, "***")]
    [InlineData("a longer secret", PersonalKind.Unknown, "a***")]
    [InlineData("😀 is a face", PersonalKind.Unknown, "😀***")]
    public void Mask_LeavesLittle(string value, PersonalKind kind, string expected) => Assert.Equal(expected, Anonymiser.Apply(value, kind, AnonymisationMethod.Mask));

    [Theory]
    [InlineData("Ada@Example.org", PersonalKind.Email, "*@example.org")]
    [InlineData("+49 30 1234567", PersonalKind.Phone, "+49***")]
    [InlineData("Ada Lovelace", PersonalKind.Name, "A. L.")]
    [InlineData("4111111111111111", PersonalKind.CardNumber, "Visa")]
    [InlineData("DE89370400440532013000", PersonalKind.Iban, "DE")]
    [InlineData("221 Baker Street", PersonalKind.Address, "Baker Street")]
    [InlineData("192.0.2.17", PersonalKind.IpAddress, "192.0.2.0/24")]
    [InlineData("2001:db8:1:2::1", PersonalKind.IpAddress, "2001:db8:1::/48")]
    [InlineData("123-45-6789", PersonalKind.NationalId, "***")]
    public void Generalise_KeepsWhatIsCommon(string value, PersonalKind kind, string expected) => Assert.Equal(expected, Anonymiser.Apply(value, kind, AnonymisationMethod.Generalise));

    [Theory]
    [InlineData("ada@example.org", "ADA@example.org ", PersonalKind.Email)]
    [InlineData("+49 30 1234567", "0049-30-1234567", PersonalKind.Phone)]
    [InlineData("4111111111111111", "4111 1111-1111 1111", PersonalKind.CardNumber)]
    [InlineData("2001:db8::1", "2001:0db8:0::0001", PersonalKind.IpAddress)]
    [InlineData("Ada  Lovelace", "ada lovelace", PersonalKind.Name)]
    public void PseudonymAndHash_AreTheSameForAllSpellings(string one, string other, PersonalKind kind)
    {
        foreach (var method in (AnonymisationMethod[])[AnonymisationMethod.Pseudonym, AnonymisationMethod.Hash])
        {
            Assert.Equal(Anonymiser.Apply(one, kind, method), Anonymiser.Apply(other, kind, method));
            Assert.NotEqual(Anonymiser.Apply(one, kind, method), Anonymiser.Apply($"{one}1", kind, method));
            Assert.NotEqual(Anonymiser.Apply(one, kind, method), new Anonymiser(new byte[32]).Apply(one, kind, method));
        }
    }

    [Fact]
    public void Pseudonym_IsOfTheSameKindAndNobodys()
    {
        for (var i = 0; i < 500; i++)
        {
            Assert.EndsWith("@pseudonym.invalid", Of($"ann{i}@example.org", PersonalKind.Email), StringComparison.Ordinal);
            Assert.Matches(@"^\+999\d{9}\z", Of($"+49 30 12345{i:000}", PersonalKind.Phone));
            Assert.DoesNotContain(PersonalDataScanner.Find(Of($"411111111111{i:0000}", PersonalKind.CardNumber)), static span => span.Kind == PersonalKind.CardNumber);
            Assert.Matches(@"^ZZ\d{18}\z", Of($"DE8937040044053201{i:0000}", PersonalKind.Iban));
            Assert.StartsWith("2001:db8:", Of($"2001:db8::{i}", PersonalKind.IpAddress), StringComparison.Ordinal);
            Assert.InRange(IPAddress.Parse(Of($"192.0.2.{i % 256}", PersonalKind.IpAddress)).GetAddressBytes()[0], 240, 247);
        }

        static string Of(string value, PersonalKind kind) => Anonymiser.Apply(value, kind, AnonymisationMethod.Pseudonym);
    }

    [Theory]
    [InlineData(AnonymisationMethod.Mask, "Write to a***@example.org, or **** **** **** 1111; thanks.")]
    [InlineData(AnonymisationMethod.Generalise, "Write to *@example.org, or Visa; thanks.")]
    public void ApplyToText_ReplacesWhatIsFoundAndNothingElse(AnonymisationMethod method, string expected)
    {
        Assert.Equal(expected, Anonymiser.ApplyToText("Write to ada@example.org, or 4111 1111 1111 1111; thanks.", method));
        Assert.Equal("Nothing to see: 42.", Anonymiser.ApplyToText("Nothing to see: 42.", method));
    }

    [Fact]
    public void Apply_ToAnyText_Ends()
    {
        var random = new Random(11);
        for (var round = 0; round < 5000; round++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(30)).Select(_ => (char)random.Next(1, 0x2FF))]);
            foreach (var kind in Enum.GetValues<PersonalKind>())
            {
                foreach (var method in Enum.GetValues<AnonymisationMethod>()) Assert.NotNull(Anonymiser.Apply(text, kind, method));
            }
        }
    }
}
