using AiMesh.IoTIngest.Mqtt.Protocol;

namespace AiMesh.IoTIngest.Tests.Mqtt.Protocol;

public sealed class MqttTopicTests
{
    // The examples of MQTT 3.1.1, 4.7.1 and 4.7.2.
    [Theory]
    [InlineData("sport/tennis/player1/#", "sport/tennis/player1", true)]
    [InlineData("sport/tennis/player1/#", "sport/tennis/player1/ranking", true)]
    [InlineData("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true)]
    [InlineData("sport/#", "sport", true)]
    [InlineData("#", "a/b/c", true)]
    [InlineData("sport/tennis/+", "sport/tennis/player1", true)]
    [InlineData("sport/tennis/+", "sport/tennis/player1/ranking", false)]
    [InlineData("sport/+", "sport", false)]
    [InlineData("sport/+", "sport/", true)]
    [InlineData("+/+", "/finance", true)]
    [InlineData("/+", "/finance", true)]
    [InlineData("+", "/finance", false)]
    [InlineData("#", "$SYS/uptime", false)]
    [InlineData("+/monitor/Clients", "$SYS/monitor/Clients", false)]
    [InlineData("$SYS/#", "$SYS/monitor", true)]
    [InlineData("a/b", "a/b", true)]
    [InlineData("a/b", "a/B", false)]
    [InlineData("a/b", "a/b/c", false)]
    [InlineData("a/b/c", "a/b", false)]
    [InlineData("a//c", "a//c", true)]
    [InlineData("a/#", "ab", false)]
    public void Matches_ExampleOfTheSpecification_Holds(string filter, string topic, bool expected) =>
        Assert.Equal(expected, MqttTopic.Matches(filter, topic));

    [Theory]
    [InlineData("#", true)]
    [InlineData("+", true)]
    [InlineData("a/+/b/#", true)]
    [InlineData("+/+/#", true)]
    [InlineData("/", true)]
    [InlineData("", false)]
    [InlineData("a#", false)]
    [InlineData("a/#/b", false)]
    [InlineData("#/", false)]
    [InlineData("a+", false)]
    [InlineData("+a/b", false)]
    [InlineData("a/+b", false)]
    [InlineData("##", false)]
    [InlineData("++", false)]
    public void IsFilter_Wildcards_OnlyAsWholeLevels(string filter, bool expected) => Assert.Equal(expected, MqttTopic.IsFilter(filter));

    [Theory]
    [InlineData("a/b", true)]
    [InlineData("/", true)]
    [InlineData("", false)]
    [InlineData("a/+", false)]
    [InlineData("a#b", false)]
    public void IsName_Wildcards_AreRefused(string topic, bool expected) => Assert.Equal(expected, MqttTopic.IsName(topic));
}
