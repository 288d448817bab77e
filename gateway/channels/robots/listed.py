"""Every robot, by the scheme of its addresses."""

from typing import Final

from gateway.channels.robots.dingtalk import DINGTALK
from gateway.channels.robots.feishu import FEISHU, LARK
from gateway.channels.robots.robot import Robot
from gateway.channels.robots.serverchan import SERVERCHAN
from gateway.channels.robots.wecom import WECOM

ROBOTS: Final[dict[str, Robot]] = {
    robot.schema: robot for robot in (WECOM, DINGTALK, FEISHU, LARK, SERVERCHAN)
}
