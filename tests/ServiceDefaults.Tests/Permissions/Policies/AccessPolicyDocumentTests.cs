using System.Text;
using AiMesh.ServiceDefaults.Permissions.Policies;
using static AiMesh.ServiceDefaults.Tests.Permissions.Policies.Calls;

namespace AiMesh.ServiceDefaults.Tests.Permissions.Policies;

public sealed class AccessPolicyDocumentTests
{
    [Fact]
    public void Document_WrittenAndRead_IsTheSame()
    {
        var written = new AccessPolicyDocument(7, More: true, [new PolicySet("demo", [Rule("user.id = \"é\"", roles: ["a"], zone: "Europe/Berlin")]), new PolicySet("empty", [])]);
        Assert.True(AccessPolicyDocument.TryParse(written.ToJson(), out var read));
        Assert.Equal(written.ToJson(), read.ToJson());
        Assert.True(read.More);
        Assert.Equal("Europe/Berlin", read.Organisations[0].Policies[0].TimeZone);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("""{"sequence":-1,"more":false,"organisations":[]}""")]
    [InlineData("""{"sequence":1,"more":false}""")]
    [InlineData("""{"sequence":1,"more":false,"organisations":[{"organisation":"","policies":[]}]}""")]
    [InlineData("""{"sequence":1,"more":false,"organisations":[{"organisation":"a"}]}""")]
    [InlineData("""{"sequence":1,"more":false,"organisations":[{"organisation":"a","policies":[null]}]}""")]
    [InlineData("""{"sequence":1,"more":false,"organisations":[{"organisation":"a","policies":[{"name":"p","effect":"DENY","permissions":["*"],"condition":""}]}]}""")]
    [InlineData("""{"sequence":1,"more":false,"organisations":[{"organisation":"a","policies":[{"name":"p","effect":"GRANT","permissions":["*"],"roles":[],"condition":"","timeZone":""}]}]}""")]
    [InlineData("""{"sequence":1,"sequence":2,"more":false,"organisations":[]}""")]
    public void TryParse_OfSomethingElse_IsFalse(string json) => Assert.False(AccessPolicyDocument.TryParse(Encoding.UTF8.GetBytes(json), out _));
}
