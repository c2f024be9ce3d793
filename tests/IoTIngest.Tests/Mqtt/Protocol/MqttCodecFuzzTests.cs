using System.Buffers;
using System.Diagnostics;
using AiMesh.IoTIngest.Mqtt.Protocol;

namespace AiMesh.IoTIngest.Tests.Mqtt.Protocol;

/// <summary>Whatever arrives: no exception, no endless loop, and the same verdict however the bytes are cut up.</summary>
public sealed class MqttCodecFuzzTests
{
    private const int Rounds = 60_000;

    private static readonly byte[][] Seeds =
    [
        Packets.Connect(),
        Packets.Connect(flags: 0xC6, will: ("devices/pump-1/status", "gone")),
        Packets.Connect(level: 5),
        Packets.Publish("devices/pump-1/readings", """{"metric":"t","value":1}"""),
        Packets.Publish("devices/pump-1/readings", """[{"metric":"t","value":1}]""", 0x02, 9),
        Packets.Subscribe(3, ("devices/pump-1/#", 1), ("devices/pump-1/+/x", 0)),
        Packets.Unsubscribe(4, "devices/pump-1/#"),
        Packets.PubAck(9),
        Packets.PingReq(),
        Packets.Disconnect(),
    ];

    [Fact]
    public void Read_MutatedPackets_NeverThrowsNorHangs()
    {
        var random = new Random(20_261_121);
        var verdicts = new int[2];
        var started = Stopwatch.StartNew();
        for (var round = 0; round < Rounds; round++)
        {
            var bytes = Mutate(Seeds[random.Next(Seeds.Length)], random);
            var whole = ReadAll(new ReadOnlySequence<byte>(bytes));
            Assert.Equal(whole, ReadAll(Packets.Scattered(bytes)));
            verdicts[whole.Contains('!') ? 1 : 0]++;
        }

        // Both outcomes are common, or the mutations would test nothing.
        Assert.All(verdicts, count => Assert.True(count > Rounds / 20, $"{verdicts[0]} good, {verdicts[1]} bad"));
        Assert.True(started.Elapsed < TimeSpan.FromMinutes(2), $"{Rounds} packets took {started.Elapsed}");
    }

    private static string ReadAll(ReadOnlySequence<byte> buffer)
    {
        var verdict = "";
        while (true)
        {
            var before = buffer.Length;
            var status = MqttFrameReader.Read(ref buffer, 10_000, out var frame);
            if (status != MqttFrameStatus.Complete)
                return verdict + (status == MqttFrameStatus.Incomplete ? "…" : "!");

            Assert.True(buffer.Length <= before - 2, "every packet takes at least two bytes");
            verdict += Decodes(frame) ? frame.Type.ToString()[0] : "!";
        }
    }

    private static bool Decodes(MqttFrame frame) => frame.Type switch
    {
        MqttPacketType.Connect => ConnectPacket.TryDecode(frame, out _, out _),
        MqttPacketType.Publish => PublishPacket.TryDecode(frame, out _, out _),
        MqttPacketType.Subscribe => SubscribePacket.TryDecode(frame, out _, out _),
        MqttPacketType.Unsubscribe => UnsubscribePacket.TryDecode(frame, out _, out _),
        MqttPacketType.PubAck => PubAckPacket.TryDecode(frame, out _),
        _ => frame.Body.IsEmpty,
    };

    private static byte[] Mutate(byte[] seed, Random random)
    {
        List<byte> bytes = [.. seed];
        for (var times = random.Next(1, 4); times > 0 && bytes.Count > 0; times--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)random.Next(256); break;
                case 2: bytes.RemoveAt(at); break;
                case 3: bytes.Insert(at, (byte)random.Next(256)); break;
                case 4: bytes.RemoveRange(at, bytes.Count - at); break;
                default: bytes.AddRange(Seeds[random.Next(Seeds.Length)]); break;
            }
        }

        return [.. bytes];
    }
}
