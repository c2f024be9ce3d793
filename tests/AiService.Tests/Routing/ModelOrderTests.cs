using AiMesh.AiService.Providers;
using AiMesh.AiService.Routing;
using AiMesh.ServiceDefaults.Identity;
using Microsoft.Extensions.Options;

namespace AiMesh.AiService.Tests.Routing;

/// <summary>The policies that look at measured speed; the others are in <see cref="RouterTests"/>.</summary>
public sealed class ModelOrderTests
{
    private readonly ManualTime _time = new();
    private readonly ModelSpeed _speed;
    private readonly ModelOrder _order;

    public ModelOrderTests()
    {
        var options = Options.Create(new RoutingOptions());
        _speed = new ModelSpeed(_time, options);
        _order = new ModelOrder(_speed, options);
    }

    [Fact]
    public void Fastest_GoesByTheMeasuredTimeOfEachModel()
    {
        Measure("x/large", 0.9);
        Measure("x/small", 0.2);
        Measure("y/medium", 0.5);

        Assert.Equal("x/small,y/medium,x/large", Fastest());

        for (var i = 0; i < 10; i++)
            Measure("x/small", 3);
        Assert.Equal("y/medium,x/large,x/small", Fastest());
    }

    [Fact]
    public void Fastest_TriesColdModels_OneCallEach()
    {
        Measure("x/small", 0.01);
        Measure("y/medium", 0.5);

        Assert.Equal("x/large,x/small,y/medium", Fastest());

        // While one call finds out, others do not wait for the unknown.
        _speed.Began("x/large");
        Assert.Equal("x/small,y/medium,x/large", Fastest());
        _speed.Ended("x/large", TimeSpan.FromSeconds(0.1));
        Assert.Equal("x/small,x/large,y/medium", Fastest());
    }

    [Fact]
    public void Fastest_TriesAModelAgainThatWasSlowLongAgo()
    {
        Measure("x/large", 9);
        _time.Advance(TimeSpan.FromMinutes(4));
        Measure("x/small", 0.1);
        Measure("y/medium", 0.5);
        Assert.Equal("x/small,y/medium,x/large", Fastest());

        _time.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal("x/large,x/small,y/medium", Fastest());
    }

    [Fact]
    public void Balanced_WeighsQualityAgainstPriceAndMeasuredTime()
    {
        Model[] models = [Model("x/good", quality: 0.9, price: 2), Model("x/cheap", quality: 0.7, price: 1), Model("x/poor", quality: 0.3, price: 1)];

        // 0.9 - 0.4 - 0.04 < 0.7 - 0.2 - 0.04: the price decides.
        Assert.Equal("x/cheap,x/good,x/poor", Order(RoutingPolicy.Balanced, models));

        // A slow answer costs up to 0.2: 0.7 - 0.2 - 0.2 < 0.9 - 0.4 - 0.04.
        Measure("x/cheap", 30);
        Assert.Equal("x/good,x/cheap,x/poor", Order(RoutingPolicy.Balanced, models));

        // Poor stays poor, however fast: 0.3 - 0.2 - 0.
        Measure("x/poor", 0);
        Assert.Equal("x/good,x/cheap,x/poor", Order(RoutingPolicy.Balanced, models));
    }

    [Fact]
    public void Balanced_OfFreeModels_IsByQuality() =>
        Assert.Equal("x/b,x/a", Order(RoutingPolicy.Balanced, [Model("x/a", quality: 0.4, price: 0), Model("x/b", quality: 0.5, price: 0)]));

    private string Fastest() => Order(RoutingPolicy.Fastest, [Model("x/large", 0.9, 5), Model("x/small", 0.5, 1), Model("y/medium", 0.7, 2)]);

    private string Order(RoutingPolicy policy, Model[] models)
    {
        var caller = new Principal { Kind = PrincipalKind.User, Subject = "alice", Organisation = "demo", TokenId = "t" };
        return string.Join(',', _order.Of([.. models], new RouteRequest(caller, "", policy, 1000, 1000, "messages")).Select(m => m.Id));
    }

    private void Measure(string model, double seconds)
    {
        _speed.Began(model);
        _speed.Ended(model, TimeSpan.FromSeconds(seconds));
    }

    private static Model Model(string id, double quality, decimal price) => new()
    {
        Provider = id.Split('/')[0],
        Name = id.Split('/')[1],
        ContextLength = 8000,
        MaxOutputTokens = 2000,
        Prices = new Prices("USD", price, price, price),
        Quality = quality,
    };
}
