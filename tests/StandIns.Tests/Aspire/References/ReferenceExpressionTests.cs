using Aspire.Hosting.ApplicationModel;

namespace AiMesh.StandIns.Tests.Aspire.References;

public sealed class ReferenceExpressionTests
{
    private static readonly ParameterResource Password = new("password", _ => "p@ss{0}/word");

    [Fact]
    public async Task GetValueAsync_PutsValuesWhereTheyBelong_AndLeavesBracesAlone()
    {
        var expression = ReferenceExpression.Create($"a{{b}}={Password};c={"text"}");

        Assert.Equal("a{b}=p@ss{0}/word;c=text", await expression.GetValueAsync(CancellationToken.None));
        Assert.Equal("a{b}={password.value};c=text", expression.ValueExpression);
    }

    [Fact]
    public async Task GetValueAsync_WithUriFormat_EscapesTheValue()
    {
        var expression = ReferenceExpression.Create($"amqp://user:{Password:uri}@host");

        Assert.Equal("amqp://user:p%40ss%7B0%7D%2Fword@host", await expression.GetValueAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Append_ToABuilder_AddsThePieces()
    {
        var builder = new ReferenceExpressionBuilder();
        Assert.True(builder.IsEmpty);

        builder.Append($"Password={Password};");
        builder.AppendLiteral("x=1");

        Assert.Equal("Password=p@ss{0}/word;x=1", await builder.Build().GetValueAsync(CancellationToken.None));
    }
}
